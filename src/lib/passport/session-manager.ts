import type { Context } from 'koa'
import { jsonOf } from '../session/object-view.js'
import type { Callback, PassportSession } from './passport-session.js'

/** Passport's own manager of sessions, as far as it is asked. */
export interface PassportManager {
  readonly _key?: string
  readonly _serializeUser?: (
    user: unknown,
    request: unknown,
    done: (error: unknown, serialized?: unknown) => void,
  ) => void
}

/** What `ctx.login` and `passport.authenticate` take, as far as sessions go. */
interface PassportLogInOptions {
  readonly keepSessionInfo?: boolean
  readonly successReturnToOrRedirect?: string
  /** What to show for the device in the list of the user's sessions. Default: the browser's `User-Agent`. */
  readonly device?: string
}

export interface SessionManagerParts {
  readonly passportSession: PassportSession
  /** Answers the user's id, for what the application calls a user. */
  readonly userId: ((user: never) => string) | undefined
}

/** Stands in for Passport's own: its log-in is `session.login`, its log-out `session.logout`. */
export class SessionManager {
  readonly #passport: PassportManager
  readonly #parts: SessionManagerParts

  constructor(passport: PassportManager, parts: SessionManagerParts) {
    this.#passport = passport
    this.#parts = parts
  }

  get #key(): string {
    return this.#passport._key ?? 'passport'
  }

  logIn(
    request: { readonly ctx: Context },
    user: unknown,
    options: PassportLogInOptions | Callback,
    done: Callback,
  ): void {
    if (typeof options === 'function') {
      this.logIn(request, user, {}, options)
      return
    }
    const serialize = this.#passport._serializeUser
    if (serialize === undefined) {
      done(
        new Error(
          'koa-tessera/passport does not know this version of Passport: it works with koa-passport 6',
        ),
      )
      return
    }
    serialize(user, request, (error, serialized) => {
      if (error) {
        done(error)
        return
      }
      try {
        this.#logIn(request.ctx, user, jsonOf(this.#key, serialized), options)
      } catch (refused) {
        done(refused)
        return
      }
      done()
    })
  }

  logOut(_request: unknown, options: PassportLogInOptions | Callback | undefined, done?: Callback): void {
    if (typeof options === 'function') {
      this.logOut(_request, {}, options)
      return
    }
    this.#parts.passportSession.logOut(this.#key, options?.keepSessionInfo === true)
    done?.()
  }

  #logIn(ctx: Context, user: unknown, serialized: unknown, options: PassportLogInOptions): void {
    const { passportSession } = this.#parts
    const {
      keepSessionInfo,
      successReturnToOrRedirect,
      device = ctx.get('User-Agent') || undefined,
    } = options
    passportSession.logIn(this.#userIdOf(user, serialized), device, {
      keepsData: keepSessionInfo === true,
      returns: successReturnToOrRedirect !== undefined,
    })
    passportSession.session.set<string>(this.#key, { user: serialized })
  }

  /** @throws TypeError if nobody says which id the user has. */
  #userIdOf(user: unknown, serialized: unknown): string {
    const { userId } = this.#parts
    if (userId !== undefined) return userId(user as never)
    if (typeof serialized === 'string' || typeof serialized === 'number') return String(serialized)
    throw new TypeError(
      'serializeUser gave an object, so nobody knows which user this is: write ' +
        'passportSessions(sessions, { userId: (user) => user.id }), or let serializeUser give the id',
    )
  }
}
