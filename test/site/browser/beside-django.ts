import { inBrowser } from './tour.js'

inBrowser('Beside Django: a note as Django stores it, and a changed character', async (tour) => {
  await tour.open('/beside-django')
  await tour.look('beside-django')
  await tour.page.fill('#note', 'bread')
  await tour.press('Put it into the session')
  await tour.reads('#json', '{"besideDjango":"bread"}')
  await tour.press('Read it')
  await tour.reads('#read', /says {"besideDjango":"bread"}\.$/)
  await tour.page.fill('#text', `x${await tour.page.inputValue('#text')}`)
  await tour.press('Read it')
  await tour.reads('#read', /^No key has signed this text/)
  await tour.look('beside-django-changed')
})
