import test from 'ava'
import { application, compile } from '../../support/application.js'
import { Browser } from '../../support/browser.js'
import { codeIn } from '../../support/documents.js'

/** An application in TypeScript, with the types of koa-passport. */
const typed = `
import Koa from 'koa'
import passport from 'koa-passport'
import { openSessions } from 'koa-tessera'
import { passportSessions } from 'koa-tessera/passport'

interface User { readonly key: number }

const sessions = await openSessions({ engine: 'cache' })
const app = new Koa()
app.use(sessions.middleware({ inViews: true }))
app.use(passportSessions(sessions, { userId: (user: User) => String(user.key) }))
app.use(passport.initialize()).use(passport.session())
app.use(async (ctx) => {
  await ctx.login({ key: 1 })
  const session = await ctx.session
  const notices: unknown[] = await session.flash('notice')
  const same: typeof session = session.flash('notice', notices.length)
  ctx.body = [same.user, ctx.isAuthenticated()]
})
// @ts-expect-error the user's id is a text
app.use(passportSessions(sessions, { userId: (user: User) => user.key }))
`

test('the application of docs/passport.md logs in, keeps its messages, lists devices and logs out', async (t) => {
  const { start } = await application(t, { 'app.mjs': codeIn('docs/passport.md', 'app.mjs') })
  const { url } = await start('app.mjs')
  const [phone, laptop] = [new Browser(url), new Browser(url)]
  const page = async (browser: Browser, path: string) => (await browser.fetch(path)).text()
  const post = async (browser: Browser, path: string, fields: Record<string, string> = {}) => {
    const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(
      await page(browser, path.replace('-out', '-in')),
    )
    const body = new URLSearchParams({ csrfmiddlewaretoken: token?.[1] ?? '', ...fields })
    return (await browser.fetch(path, { method: 'POST', body })).headers.get('location')
  }
  t.is((await phone.fetch('/?from=mail')).headers.get('location'), '/log-in')
  t.is(await post(phone, '/log-in', { username: 'ada', password: 'wrong' }), '/log-in')
  t.regex(await page(phone, '/log-in'), /Wrong name or password/)
  t.notRegex(await page(phone, '/log-in'), /Wrong name or password/)
  const right = { username: 'ada', password: 'lovelace' }
  t.is(await post(phone, '/log-in', right), '/?from=mail')
  t.is(await post(laptop, '/log-in', right), '/')
  t.regex(await page(phone, '/'), /Hello ada, devices: 2/)
  t.is(await post(phone, '/log-out'), '/log-in')
  t.is((await phone.fetch('/')).status, 302)
  t.regex(await page(laptop, '/'), /devices: 1</)
})

test('an application with koa-passport’s own types compiles as strictly as there is', async (t) => {
  const project = await application(t, { 'typed.ts': typed })
  await t.notThrowsAsync(compile(project, ['typed.ts']))
})
