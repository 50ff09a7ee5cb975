import { inBrowser } from './tour.js'

inBrowser('Engines: one session in every shape, and which of them runs now', async (tour, t) => {
  await tour.open('/engines')
  const { name } = tour.site.sessions.engine
  await tour.reads('#runs', name)
  await tour.reads('#whose', /^You have no session yet: this is an example/)
  await tour.look('engines')
  await tour.press('Begin a session')
  await tour.reads('#whose', /^This is your own session/)
  t.deepEqual(await tour.page.locator('.shapes h4 > code').allInnerTexts(), [
    'db',
    'cached_db',
    'redis',
    'file',
    'cache',
    'signed_cookies',
  ])
  await tour.reads(`#shape-${name} h4`, /in use$/)
  await tour.reads('#text', new RegExp(`"engines":"${name}"`))
  await tour.look('engines-own')

  // The panel tells of the same record, from the store itself.
  await tour.page.getByText('As it is stored', { exact: true }).click()
  const stored = await tour.page.locator('.raw pre').innerText()
  t.is(stored.trim(), (await tour.page.locator('#text').innerText()).trim())
  await tour.look('engines-as-it-is-stored')
})

inBrowser('Engines: who changes the engine while logged in goes on counting', async (tour) => {
  await tour.open('/engines')
  await tour.press('Log in')
  await tour.reads('#change-engine', 'cache')
  const user = await tour.page.locator('#change-user').innerText()
  await tour.press('Count')
  await tour.reads('#change-count', '2')
  await tour.press('Change the engine')
  await tour.reads('#change-engine', 'db')
  await tour.reads('#change-user', user)
  await tour.reads('#change-cache', /"move":"moved"/)
  await tour.reads('#change-db', /"counted":2/)
  await tour.press('Count')
  await tour.reads('#change-count', '3')
  await tour.look('engines-changed')
})
