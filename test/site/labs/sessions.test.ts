import test from 'ava'
import Koa, { type Context } from 'koa'
import { newMember, openLabs, using } from '../../../src/site/demos/labs/sessions.js'
import { loadSiteSettings } from '../../../src/site/settings.js'
import { Browser } from '../../support/browser.js'
import { serve } from '../../support/serve.js'
import { temporaryDirectory } from '../../support/server-process.js'

test('a lab takes so many visitors at a time and asks others to wait; those who are in stay, and places become free', async (t) => {
  const env = { NODE_ENV: 'test', SECRET_KEY: 'a secret of the tests, and of nobody else' }
  const settings = await loadSiteSettings({ configDir: await temporaryDirectory(t), env })
  let now = Date.now()
  const { lab } = await openLabs(settings, { clock: () => now, logger: { warn() {}, error() {} } })
  t.teardown(() => lab.sessions.close())
  const app = new Koa()
  app.silent = true
  for (const middleware of using(lab)) app.use(middleware)
  app.use(async (ctx: Context) => {
    const session = await ctx.lab
    if (ctx.path === '/log-in') session.login(newMember())
    ctx.body = session.user ?? 'nobody'
  })
  const url = await serve(t, app)
  const first = new Browser(url)
  await first.fetch('/log-in')

  // As many visitors as a lab holds, without the way over HTTP.
  let isFull = false
  for (let count = 0; count < 5000 && !isFull; count++) {
    const session = await lab.sessions.open()
    session.login(newMember())
    isFull = await session.save().then(
      () => false,
      () => true,
    )
  }
  t.true(isFull)
  const refused = await new Browser(url).fetch('/log-in')
  t.is(refused.status, 503)
  t.regex(await refused.text(), /Too many visitors are in the labs now/)
  t.regex(await (await first.fetch('/')).text(), /^member-/)

  now += 900_000
  await lab.sessions.clearExpired()
  t.is((await new Browser(url).fetch('/log-in')).status, 200)
})
