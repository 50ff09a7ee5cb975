// Log in, see where else you are logged in, and log out there.
//
//     npm install koa-tessera koa koa-bodyparser @koa/router
//     node devices.mjs        then log in as ada, with the password lovelace, in two browsers
import Router from '@koa/router'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { csrf, loadSettings, openSessions } from 'koa-tessera'

// SESSION_ENGINE, SECRET_KEY and the others come from the environment and from config/. Without a key one is made at each start.
const settings = await loadSettings({ overrides: { engine: 'file' } })
const { secretKey, secretKeyFallbacks } = settings
const sessions = await openSessions(settings)

/** Stands for your table of users, in which passwords are hashed. */
const passwords = new Map([['ada', 'lovelace']])

const app = new Koa()
app.use(bodyParser())
app.use(sessions.middleware())
app.use(csrf({ secretKey, secretKeyFallbacks }))

const router = new Router()

router.get('/', async (ctx) => {
  const session = await ctx.session
  const form = (action, fields, button) =>
    `<form method="post" action="${action}"><input type="hidden" name="csrfmiddlewaretoken" value="${ctx.state.csrfToken}">
    ${fields}<button>${button}</button></form>`

  if (session.user === undefined) {
    ctx.body = form(
      '/log-in',
      'Name <input name="name"> Password <input name="password" type="password">',
      'Log in',
    )
    return
  }
  const devices = await sessions.forUser(session.user, { current: session })
  const rows = devices.map(
    ({ handle, device = 'unknown', lastSeen, isCurrent }) =>
      `<li>${escapeHtml(device)}, last seen ${lastSeen.toISOString()}
      ${isCurrent ? '(this one)' : form(`/devices/${handle}/log-out`, '', 'Log out there')}</li>`,
  )
  ctx.body = `<p>Hello ${escapeHtml(session.user)}</p><ul>${rows.join('')}</ul>
    ${form('/log-out', '', 'Log out')}${form('/log-out-elsewhere', '', 'Log out everywhere else')}`
})

router.post('/log-in', async (ctx) => {
  const { name, password } = ctx.request.body
  if (!passwords.has(name) || passwords.get(name) !== password) ctx.throw(403, 'Wrong name or password')
  const session = await ctx.session
  session.login(name, { device: ctx.get('User-Agent') })
  ctx.redirect('/')
})

router.post('/log-out', async (ctx) => {
  const session = await ctx.session
  session.logout()
  ctx.redirect('/')
})

router.post('/devices/:handle/log-out', async (ctx) => {
  const session = await ctx.session
  // A handle ends sessions of this user only.
  if (session.user !== undefined) await sessions.revoke(session.user, ctx.params.handle)
  ctx.redirect('/')
})

router.post('/log-out-elsewhere', async (ctx) => {
  const session = await ctx.session
  if (session.user !== undefined) {
    await sessions.revokeOthers(session)
    // Whoever has copied this cookie has this session: with a new id the copy is worthless too.
    session.cycleKey()
  }
  ctx.redirect('/')
})

app.use(router.routes())
app.listen(3000)

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
