import { inBrowser } from './tour.js'

inBrowser('Session methods: each is a button with its result', async (tour, t) => {
  const { page } = tour
  const cookie = async () => (await tour.context.cookies()).find(({ name }) => name === 'sessionid-methods')
  await tour.open('/sessions/methods')
  await tour.look('methods')
  for (const [call, answer] of [
    ['getExpiryAge()', '1209600'],
    ['getExpiryDate()', new Date(tour.site.now + 1_209_600_000).toISOString()],
    ['getExpireAtBrowserClose()', 'false'],
  ] as const) {
    await tour.press(call)
    await tour.reads('#call', call)
    await tour.reads('#answer', answer)
  }
  await tour.look('methods-asked')
  t.is(await cookie(), undefined, 'asking begins no session')

  await tour.press('setExpiry(60)')
  await tour.reads('#age', '60')
  const left = ((await cookie())?.expires ?? 0) - Date.now() / 1000
  t.true(left > 0 && left <= 60, `${left}`)
  await tour.look('methods-minute')
  await tour.press('setExpiry(0)')
  await tour.reads('#browser', 'true')
  t.is((await cookie())?.expires, -1, 'a cookie until the browser closes')
  await tour.press('setExpiry(null)')
  await tour.reads('#browser', 'false')
  await tour.reads('#age', '1209600')

  const id = (await cookie())?.value
  const before = await page.locator('#id').innerText()
  await tour.press('cycleKey()')
  await tour.reads('#before', before)
  t.not((await cookie())?.value, id)
  await tour.look('methods-cycled')

  await tour.press('sessions.clearExpired()')
  await tour.reads('#call', 'sessions.clearExpired()')
  await tour.reads('#answer', /^\d+$/)
  await tour.look('methods-cleared')

  const tomorrow = new Date(tour.site.now + 86_400_000).toISOString().slice(0, 16)
  await tour.fill({ 'Until, in UTC': tomorrow }, 'setExpiry(date)')
  await tour.reads('#call', `setExpiry(new Date('${tomorrow}:00.000Z'))`)
  await tour.look('methods-date')
  await tour.fill({ 'Until, in UTC': '9999-12-31T23:59' }, 'setExpiry(date)')
  await tour.reads('.problem', /^A moment is at most 400 days from now/)
  t.is(await page.getByLabel('Until, in UTC').inputValue(), '9999-12-31T23:59')
  await tour.look('methods-problem')
  await tour.fill({ 'Until, in UTC': '2001-01-01T00:00' }, 'setExpiry(date)')
  await tour.reads('.result', /^The moment had passed, so the session ended at once/)
  t.is(await cookie(), undefined)
  await tour.look('methods-ended')
})
