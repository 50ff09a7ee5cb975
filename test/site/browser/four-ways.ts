import { inBrowser, type Tour } from './tour.js'

async function counts(tour: Tour): Promise<string[]> {
  return Promise.all(
    ['cookie', 'session', 'address', 'hidden'].map((way) => tour.page.locator(`#${way}-count`).innerText()),
  )
}

inBrowser('Four ways to remember: each counts, and each forgets in its own way', async (tour, t) => {
  await tour.open('/four-ways')
  t.deepEqual(await counts(tour), ['0', '0', '0', '0'])
  await tour.look('four-ways-begin')
  await tour.follow('Count in the address')
  const bookmark = tour.page.url()
  await tour.press('Count in the cookie')
  await tour.press('Count in the session')
  await tour.press('Count in the session')
  await tour.press('Count in the form')
  await tour.press('Count in the form')
  await tour.press('Count in the form')
  t.deepEqual(await counts(tour), ['1', '2', '1', '3'])
  await tour.look('four-ways-counted')

  await tour.follow('Load again')
  t.deepEqual(await counts(tour), ['1', '2', '1', '0'], 'the page of the hidden field was left')
  const tab = await tour.tab()
  await tab.goto(`${tour.site.url}/four-ways`)
  t.is(await tab.locator('#cookie-count').innerText(), '1')
  t.is(await tab.locator('#session-count').innerText(), '2')
  t.is(await tab.locator('#address-count').innerText(), '0')

  await tour.follow('Count in the address')
  t.is((await counts(tour))[2], '2')
  await tour.page.goBack()
  t.is(tour.page.url(), bookmark)
  t.is((await counts(tour))[2], '1', 'every address still works')

  await tour.press('Say a million')
  await tour.reads('.result', /^The count in the address was changed/)
  t.deepEqual(await counts(tour), ['1', '2', '0', '0'])
  await tour.look('four-ways-tampered')
  await tour.press('Start again')
  t.deepEqual(await counts(tour), ['0', '0', '0', '0'])
})
