import type { Context, Middleware } from 'koa'
import koaPassport from 'koa-passport'
import { Strategy as LocalStrategy } from 'passport-local'
import type { Sessions } from '../../../src/lib/index.js'
import { type PassportOptions, passportSessions } from '../../../src/lib/passport/index.js'
import type { Handler } from '../../support/site.js'

export interface User {
  readonly id: string
  readonly name: string
}

const users = new Map<string, User>([
  ['ada', { id: 'u1', name: 'ada' }],
  ['bob', { id: 'u2', name: 'bob' }],
])

export type Passport = InstanceType<typeof koaPassport.KoaPassport>

/** Passport with a log-in by name; the password is the name backwards. */
export function localPassport(): Passport {
  const passport = new koaPassport.KoaPassport()
  passport.use(
    new LocalStrategy((name, password, done) => {
      const user = users.get(name)
      const isRight = password === [...name].reverse().join('')
      if (user && isRight) done(null, user, { message: `Welcome, ${name}` })
      else done(null, false, { message: 'Wrong name or password' })
    }),
  )
  passport.serializeUser((user, done) => done(null, (user as User).id))
  passport.deserializeUser((id, done) =>
    done(null, [...users.values()].find((user) => user.id === id) ?? false),
  )
  return passport
}

/** The four lines of the documentation, and those that `more` adds. */
export function withPassport(
  passport: Passport,
  options?: PassportOptions<User>,
): (sessions: Sessions) => readonly Middleware[] {
  return (sessions) => [passportSessions(sessions, options), passport.initialize(), passport.session()]
}

/** Log-in and log-out, and what a handler sees of both. */
export function handlersOf(passport: Passport): Record<string, Handler> {
  const through =
    (options: object): Handler =>
    (ctx) =>
      passport.authenticate('local', options)(ctx, async () => {
        ctx.body = 'in'
      })
  return {
    '/login': through({}),
    '/login-keeping': through({ keepSessionInfo: true }),
    '/login-back': through({ successReturnToOrRedirect: '/' }),
    '/login-back-keeping': through({ successReturnToOrRedirect: '/', keepSessionInfo: true }),
    '/login-messages': through({ failureMessage: true, successMessage: true, failureRedirect: '/form' }),
    '/login-flash': through({ failureFlash: true, successFlash: true, failureRedirect: '/form' }),
    '/logout': (ctx) => ctx.logout(),
    '/logout-keeping': (ctx) => (ctx.logout as (options: object) => Promise<void>)({ keepSessionInfo: true }),
    '/cart': async (ctx) => (await ctx.session).set<string>('cart', ['apple']),
    '/private': async (ctx) => {
      if (ctx.isUnauthenticated()) (await ctx.session).set<string>('returnTo', ctx.url)
      ctx.status = ctx.isAuthenticated() ? 200 : 401
    },
    '/who': async (ctx) => {
      ctx.body = JSON.stringify(await whoIs(ctx))
    },
  }
}

async function whoIs(ctx: Context): Promise<object> {
  const session = await ctx.session
  return { passport: ctx.state.user?.name ?? null, tessera: session.user ?? null, keys: [...session.keys()] }
}
