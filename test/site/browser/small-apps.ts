import { inBrowser } from './tour.js'

inBrowser('The token in a form: who sends it, and with which token', async (tour, t) => {
  await tour.open('/csrf')
  await tour.look('csrf')
  await tour.press('Send the form')
  await tour.reads('#guarded', /answered 403 balance: 100 of 100/)
  await tour.reads('#open', /answered 200 balance: 90 of 100/)
  await tour.look('csrf-refused')
  await tour.page.getByLabel('A browser from before 2020: it does not say').check()
  await tour.page.getByLabel('The one that the bank gave to this visitor').check()
  await tour.press('Send the form')
  await tour.reads('#guarded', /answered 200 balance: 90 of 100/)
  t.true(await tour.page.getByLabel('The one that the bank gave to this visitor').isChecked())
  await tour.look('csrf-paid')
})

inBrowser('The order of middlewares: the right one, and four others', async (tour) => {
  await tour.open('/middleware-order')
  await tour.look('middleware-order')
  for (const [button, first] of [
    ['The right order', /^GET \/ 200 visits: 1/],
    ['The handler before the session', /^GET \/ 500 there is no ctx\.session here/],
    ['The form’s token before the parser', /^GET \/ 200 visits: 1/],
    ['A change after the session was saved', /nothing was saved/],
  ] as const) {
    await tour.press(button)
    await tour.reads('#run tbody', first)
  }
  await tour.look('middleware-order-run')
})

inBrowser('In your browser’s own tools: this visitor’s own cookie and record', async (tour, t) => {
  await tour.open('/browser-tools')
  await tour.look('browser-tools')
  await tour.press('Begin a session')
  await tour.reads('#own', /^Your session’s cookie is sessionid\. Its hash begins with #[0-9a-f]{8}…\.$/)
  await tour.reads(
    '#command',
    /^sqlite3 \S+sessions\.sqlite "SELECT \* FROM tessera_sessions WHERE key LIKE '/,
  )
  const value = (await tour.context.cookies()).find(({ name }) => name === 'sessionid')?.value ?? ''
  t.true(value.length > 20 && !(await tour.page.content()).includes(value))
  await tour.look('browser-tools-own')
})
