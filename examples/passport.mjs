// Passport, with any of its strategies, on Tessera's sessions. More: docs/passport.md
//
//     npm install koa-tessera koa koa-passport passport-local koa-bodyparser @koa/router
//     node passport.mjs        then log in as ada, with the password lovelace
import Router from '@koa/router'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import passport from 'koa-passport'
import { csrf, loadSettings, openSessions } from 'koa-tessera'
import { passportSessions } from 'koa-tessera/passport'
import { Strategy as LocalStrategy } from 'passport-local'

const settings = await loadSettings({ overrides: { engine: 'file' } })
const { secretKey, secretKeyFallbacks } = settings
const sessions = await openSessions(settings)

/** Stands for your table of users, in which passwords are hashed. */
const users = new Map([['ada', { id: 'ada', password: 'lovelace' }]])

passport.use(
  new LocalStrategy((name, password, done) => {
    const user = users.get(name)
    done(null, user?.password === password ? user : false)
  }),
)
passport.serializeUser((user, done) => done(null, user.id))
passport.deserializeUser((id, done) => done(null, users.get(id) ?? false))

const app = new Koa()
app.use(bodyParser())
app.use(sessions.middleware())
app.use(passportSessions(sessions)) // gives Passport the session that it needs
app.use(passport.initialize())
app.use(passport.session())
app.use(csrf({ secretKey, secretKeyFallbacks }))

const router = new Router()
const form = (ctx, action, rest) => `<form method="post" action="${action}">
  <input type="hidden" name="csrfmiddlewaretoken" value="${ctx.state.csrfToken}">${rest}</form>`

router.get('/', (ctx) => {
  ctx.body = ctx.isAuthenticated()
    ? `Hello ${ctx.state.user.id} ${form(ctx, '/log-out', '<button>Log out</button>')}`
    : form(
        ctx,
        '/log-in',
        '<input name="username"> <input name="password" type="password"> <button>Log in</button>',
      )
})

router.post('/log-in', passport.authenticate('local', { successRedirect: '/', failureRedirect: '/' }))

router.post('/log-out', async (ctx) => {
  await ctx.logout()
  ctx.redirect('/')
})

app.use(router.routes())
app.listen(3000)
