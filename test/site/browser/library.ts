import { browser } from './chromium.js'
import { inBrowser } from './tour.js'

inBrowser('Local library: the catalogue is everybody’s, the visits are one’s own', async (tour, t) => {
  const visits = '#visits'
  await tour.open('/sessions/library')
  await tour.reads(visits, 'You have visited this page 1 time.')
  await tour.reads('.tally', /^Books 30 Copies \d\d+ Copies available \d\d+ Authors 20$/)
  await tour.look('library')
  await tour.follow('Visit again')
  await tour.reads(visits, 'You have visited this page 2 times.')

  await tour.follow('the books')
  t.is(await tour.page.locator('tbody tr').count(), 30)
  await tour.reads('tbody tr', 'A Tale of Two Cities 1859 Charles Dickens 2 of 4')
  await tour.look('library-books')
  await tour.follow('the authors')
  t.is(await tour.page.locator('tbody tr').count(), 20)
  await tour.look('library-authors')
  await tour.follow('back to the library’s first page')
  await tour.reads(visits, 'You have visited this page 3 times.')

  const another = await (await browser()).newPage()
  t.teardown(() => another.close())
  await another.goto(`${tour.site.url}/sessions/library`)
  t.is(await another.locator(visits).innerText(), 'You have visited this page 1 time.')
  t.is(await another.locator('.tally').innerText(), await tour.page.locator('.tally').innerText())

  await tour.press('Count from the start')
  await tour.reads(visits, 'You have visited this page 1 time.')
})
