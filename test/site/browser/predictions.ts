import { inBrowser } from './tour.js'

inBrowser('Predictions: a question before the step, the answer after it', async (tour) => {
  await tour.open('/cookies/page-count')
  await tour.page.getByLabel('It notices, and counts on from the real one.').check()
  await tour.press('Forge the cookie')
  await tour.reads(
    '#predicted',
    /^You said: It notices, and counts on from the real one\. What happened: It counts on from the forged number\.$/,
  )
  await tour.look('prediction-wrong')
  await tour.open('/sessions/page-count')
  await tour.page.getByLabel('It finds no session of that id.').check()
  await tour.press('Ask the server')
  await tour.reads('#predicted', /That is what happened\.$/)
  await tour.look('prediction-right')
  await tour.open('/sessions/two-tabs')
  await tour.page.getByLabel('Both changes are kept.').check()
  await tour.press('Start the race')
  await tour.reads('#predicted', /^You said: Both changes are kept\. That is what happened\.$/)
  await tour.look('prediction-race')
})
