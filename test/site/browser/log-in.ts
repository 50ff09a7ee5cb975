import { inBrowser, openTour } from './tour.js'

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'

inBrowser('Log in, log out: a new id, a page for members, and a second tab', async (tour, t) => {
  const { page } = tour
  const id = async () => (await tour.context.cookies()).find(({ name }) => name === 'sessionid')?.value
  await tour.open('/sessions/page-count')
  const before = await id()
  await tour.open('/sessions/log-in')
  await tour.look('log-in')
  await tour.fill({ Username: 'Ada <b>', Password: '' }, 'Log in')
  await tour.reads('.problem', 'A password is missing.')
  t.is(await page.getByLabel('Username').inputValue(), 'Ada <b>')
  await tour.look('log-in-problem')

  await tour.follow('The members’ page')
  await tour.reads('.lead', /^The page that you asked for is for members/)
  await tour.look('log-in-asked')
  const early = await tour.tab()
  await early.goto(`${tour.site.url}/sessions/log-in`)
  await tour.fill({ Username: 'Ada', Password: 'not a real one' }, 'Log in')
  await tour.reads('h1', 'Members')
  await tour.reads('.lead', /^Welcome, Ada\./)
  await tour.look('log-in-members')
  t.not(await id(), before, 'whoever saw the id before has another one')

  await tour.follow('Back')
  await tour.reads('h1', 'You are logged in')
  t.is(await page.getByLabel('Password').count(), 0, 'the form is not shown')
  t.not(await page.locator('#before').innerText(), await page.locator('#now').innerText())
  await tour.look('log-in-inside')

  await early.getByLabel('Username').fill('Grace')
  await early.getByLabel('Password').fill('another')
  await early.getByRole('button', { name: 'Log in', exact: true }).click()
  t.regex(
    await early.getByRole('status').innerText(),
    /^You sent a form from a page that you loaded before the log-in/,
  )
  t.is(await early.locator('.lead b').innerText(), 'Ada')
  await early.close()

  const opened = tour.context.waitForEvent('page')
  await tour.follow('this page in a second tab')
  const second = await opened
  t.is(await second.locator('h1').innerText(), 'You are logged in')
  await second.getByRole('button', { name: 'Log out' }).click()
  t.is(await second.locator('h1').innerText(), 'You are logged out.')
  t.is(await id(), undefined)

  await tour.follow('To the members’ page')
  await tour.reads('h1', 'Log in')
  t.is(new URL(page.url()).search, '?next=members')
  await tour.open('/sessions/log-in/out')
  await tour.reads('.lead', /^The session has ended, here and in every other tab/)
  await tour.look('log-in-out')
  await tour.follow('Log in again')
  await tour.reads('h1', 'Log in')
})

inBrowser('Your devices: two browsers, and one ends the other', async (tour, t) => {
  const entry = { Username: 'Ada', Password: 'not a real one' }
  await tour.open('/sessions/log-in/devices')
  await tour.fill(entry, 'Log in')
  await tour.reads('h1', 'Your devices')
  await tour.reads('.devices h2', 'Chrome on Linux this browser')

  // A private window, on a phone.
  const phone = await openTour(t, {
    scripts: tour.scripts,
    site: tour.site,
    context: { userAgent: PHONE },
  })
  tour.site.now += 1000
  await phone.open('/sessions/log-in')
  await phone.fill(entry, 'Log in')
  await tour.follow('Load again')
  t.deepEqual(await tour.page.locator('.devices h2').allInnerTexts(), [
    'Safari on iPhone',
    'Chrome on Linux this browser',
  ])
  await tour.look('log-in-devices')

  await tour.page.getByRole('button', { name: /^Log out: Safari on iPhone/ }).click()
  await tour.reads('[role=status]', /^1 session has ended\./)
  t.is(await tour.page.locator('.devices li').count(), 1)
  await phone.open('/sessions/log-in/members')
  await phone.reads('h1', 'Log in')

  await phone.fill(entry, 'Log in')
  tour.site.now += 600_000
  await tour.open('/sessions/log-in/devices')
  t.is(await tour.page.getByRole('button', { name: /^Log out(?! here)/ }).count(), 0)
  await tour.press('Confirm that it is you')
  await tour.reads('.problem', 'A password is missing.')
  await tour.look('log-in-devices-again')
  await tour.fill({ Password: 'still not a real one' }, 'Confirm that it is you')
  await tour.press('Log out everywhere else')
  await tour.reads('[role=status]', /^1 session has ended\./)
  await tour.look('log-in-devices-ended')
  await phone.open('/sessions/log-in')
  await phone.reads('h1', 'Log in')
})

inBrowser(
  'Your devices: with cookies alone there is nothing to list',
  async (tour) => {
    await tour.open('/sessions/log-in/devices')
    await tour.fill({ Username: 'Ada', Password: 'not a real one' }, 'Log in')
    await tour.reads('.result', /^There is no list, and nothing to end/)
    await tour.look('log-in-devices-cookies')
  },
  { SESSION_ENGINE: 'signed_cookies' },
)

inBrowser(
  'Your devices: with cookies and a store for revocations all others can be ended',
  async (tour) => {
    await tour.open('/sessions/log-in/devices')
    await tour.fill({ Username: 'Ada', Password: 'not a real one' }, 'Log in')
    await tour.press('Log out everywhere else')
    await tour.reads('[role=status]', /^You are logged out everywhere else/)
    await tour.look('log-in-devices-revoked')
  },
  { SESSION_ENGINE: 'signed_cookies', REVOCATION_STORE: 'cache' },
)
