import { inBrowser } from './tour.js'

inBrowser('Side by side: the same step in three frameworks, folded', async (tour, t) => {
  await tour.open('/sessions/page-count')
  t.false(await tour.page.locator('.frameworks pre').first().isVisible())
  await tour.page.getByText('The same step in Django, in Express and here', { exact: true }).click()
  t.deepEqual(await tour.page.locator('.frameworks h3').allInnerTexts(), [
    'Django',
    'Express, with express-session',
    'Koa, with this package',
  ])
  await tour.reads('.frameworks pre', /^def page_count\(request\):/)
  await tour.look('side-by-side')
})
