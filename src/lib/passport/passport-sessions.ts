import type { Context, Middleware, Request } from 'koa'
import { requestSessionIn } from '../middleware/sessions.js'
import { settleAfter } from '../middleware/settle.js'
import { partsOf } from '../open-sessions.js'
import type { Session } from '../session/session.js'
import type { Sessions } from '../sessions.js'
import { PassportSession } from './passport-session.js'
import { type PassportManager, SessionManager, type SessionManagerParts } from './session-manager.js'

/** What `passportSessions` takes besides the sessions. */
export interface PassportOptions<User = never> {
  /**
   * The user's id for `sessions.forUser` and `revokeAll`: 1 to 255 characters, never somebody else's. `user`: what was handed
   * to `ctx.login`, or the strategy's verify function answered. Default: what `serializeUser` gave, if that is a text or a
   * number.
   */
  readonly userId?: ((user: User) => string) | undefined
}

const PASSPORT_SESSION = Symbol('tessera.passport-session')

interface WithPassportSession {
  [PASSPORT_SESSION]?: SessionManagerParts | undefined
}

/**
 * Gives Passport the session that it needs. koa-passport stays as it is:
 *
 *     app.use(sessions.middleware())
 *     app.use(passportSessions(sessions))
 *     app.use(passport.initialize())
 *     app.use(passport.session())
 *
 * `ctx.login` is `session.login` then: a new id, and a device in `sessions.forUser`; who is revoked is logged out of
 * Passport too. Handlers go on writing `await ctx.session`. A request without a session cookie makes no store call.
 *
 * @throws TypeError if `sessions` or the options are something else.
 */
export function passportSessions<User = never>(
  sessions: Sessions,
  options: PassportOptions<User> = {},
): Middleware {
  const parts = partsOf(sessions)
  if (parts === undefined) throw new TypeError(NO_SESSIONS)
  const { context } = parts
  const userId = userIdIn(options)
  return async function tesseraPassport(ctx, next) {
    const request: Request & WithPassportSession = ctx.request
    if (request[PASSPORT_SESSION] !== undefined) return next()
    const requestSession = requestSessionIn(ctx, context)
    if (requestSession === undefined) throw new Error(NO_MIDDLEWARE)
    if (isPassportAt(ctx)) throw new Error(TOO_LATE)
    let session: Session
    try {
      session = await requestSession.openEarly()
    } catch (error) {
      // Only who needs the session fails with the store.
      Object.defineProperty(ctx.request, 'session', { configurable: true, get: throwing(error) })
      return next()
    }
    const inViews = 'session' in ctx.state
    const comparesItself = context.nestedChanges === 'ignore'
    const passportSession = new PassportSession(session, { comparesItself, inViews })
    request[PASSPORT_SESSION] = { passportSession, userId }
    Object.defineProperties(request, requestProperties)
    // There Passport looks first.
    if (inViews) ctx.state.session = passportSession.object
    await settleAfter(ctx, next, () => passportSession.settle())
  }
}

function throwing(error: unknown): () => never {
  return () => {
    throw error
  }
}

/** Whether `passport.initialize()` has run before. */
function isPassportAt(ctx: Context): boolean {
  return Object.hasOwn(ctx, 'isUnauthenticated')
}

/**
 * What Passport finds on the request. It makes objects of its own that inherit from Koa's request, and sets
 * `_sessionManager` on them: what is read back is ours.
 */
const requestProperties: PropertyDescriptorMap & ThisType<object & WithPassportSession> = {
  session: {
    configurable: true,
    get() {
      return this[PASSPORT_SESSION]?.passportSession.object
    },
    set() {
      throw new TypeError(
        'the session that Passport sees cannot be assigned: write `ctx.logout()` to end it, or set its properties',
      )
    },
  },
  flash: {
    configurable: true,
    writable: true,
    value(this: WithPassportSession, ...args: [string, unknown?]) {
      return this[PASSPORT_SESSION]?.passportSession.flash(...args)
    },
  },
  _sessionManager: {
    configurable: true,
    set(manager: PassportManager) {
      const parts = this[PASSPORT_SESSION]
      const value = parts && new SessionManager(manager, parts)
      Object.defineProperty(this, '_sessionManager', { value, configurable: true, writable: true })
    },
  },
}

const NO_SESSIONS =
  'passportSessions() takes what openSessions() answers: write ' +
  '`const sessions = await openSessions(…)`, then `app.use(passportSessions(sessions))`'
const NO_MIDDLEWARE =
  'there is no session for Passport here: write app.use(sessions.middleware()) above ' +
  'app.use(passportSessions(sessions)), both of the same sessions'
const TOO_LATE =
  'Passport has begun before it had a session: write app.use(passportSessions(sessions)) above ' +
  'app.use(passport.initialize())'

function userIdIn<User>(options: PassportOptions<User>): PassportOptions<User>['userId'] {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(
      `passportSessions() takes options such as { userId: (user) => user.id }, not ${options}`,
    )
  for (const name of Object.keys(options))
    if (name !== 'userId')
      throw new TypeError(`passportSessions() knows no option ${name}: it takes userId only`)
  const { userId } = options
  if (userId !== undefined && typeof userId !== 'function')
    throw new TypeError(`userId is a function, such as (user) => user.id, not ${typeof userId}`)
  return userId
}
