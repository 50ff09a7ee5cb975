import type Koa from 'koa'
import type { Context, Middleware, Next } from 'koa'
import { readCookies } from '../middleware/cookie.js'
import { requestSessionIn } from '../middleware/sessions.js'
import { settleAfter } from '../middleware/settle.js'
import { partsOf } from '../open-sessions.js'
import { DEFAULT_KEY } from '../read-through/koa-session.js'
import type { Sessions } from '../sessions.js'
import { NO_SESSIONS, withExternalKey } from './external-key.js'
import { extend, objectOf } from './on-context.js'
import { adoptedStoreOf, openFor } from './opening.js'
import { checkOtherOptions, checkOwnOptions, type KoaSessionOptions, settingsFrom } from './options.js'
import { openRequest, type RequestObject } from './request.js'
import type { KoaSession } from './session-object.js'

export type { KoaContextStore, KoaStore, KoaStoreOptions } from './adopted-store.js'
export type {
  KoaSessionOptions,
  KoaSessionOptions as CreateSessionOptions,
  KoaSessionOwnOptions,
} from './options.js'
export type { Callback, CommitOptions, KoaSession, KoaSessionMembers } from './session-object.js'

/** What `session()` adds to a context. */
export interface WithKoaSession<Data = Record<string, unknown>> {
  /** The session; null after `ctx.session = null`, which ends it. An object that is assigned replaces the data. */
  session: KoaSession<Data> | null
  /** This request's copy of the options. */
  readonly sessionOptions: KoaSessionOptions
}

/** What `session()` answers: a middleware, and the sessions that it opens. */
export interface KoaSessionMiddleware extends Middleware {
  /**
   * Opens the sessions now rather than at the first request, so that a wrong setting or a store that is down stops the start.
   * Answers the same each time: for `forUser`, `revokeAll`, and `close` when the server stops.
   */
  open(): Promise<Sessions>
}

type App = Koa

/**
 * koa-session's middleware on any of Tessera's engines, with its options and its `ctx.session`:
 *
 *     app.keys = […]
 *     app.use(session({ engine: 'db', maxAge: 86_400_000 }, app))
 *
 * Without `engine`, `store` or `sessions` a session is kept in its cookie, as koa-session does, but sealed with `app.keys`.
 * Sessions that koa-session itself has begun, in its cookie or in the same `store`, go on.
 *
 * @throws TypeError, @throws SettingsError if an option is wrong or unknown.
 */
export default function session(options: KoaSessionOptions | undefined, app: App): KoaSessionMiddleware
export default function session(app: App, options?: KoaSessionOptions): KoaSessionMiddleware
export default function session(
  one: App | KoaSessionOptions | undefined,
  other?: App | KoaSessionOptions,
): KoaSessionMiddleware {
  const [app, given] = isApp(one) ? [one, other] : [other, one]
  if (!isApp(app) || isApp(given)) throw new TypeError('app instance required: `session(opts, app)`')
  const options = withOldNames(given ?? {})
  checkOwnOptions(options)
  const settings = settingsFrom(options)
  if (options.sessions === undefined) {
    const { clock: _, generateId: _id, logger: _logger, readThrough: _read, ...checked } = settings
    checkOtherOptions(checked)
  }
  extend(app, options)
  const adopted = adoptedStoreOf(options)
  let opening: Promise<Sessions> | undefined
  const open = (): Promise<Sessions> => {
    opening ??= openFor(app, options, settings, adopted).catch((error: unknown) => {
      // The next request tries again.
      opening = undefined
      throw error
    })
    return opening
  }
  let inner: Middleware | undefined

  const middleware = async (ctx: Context, next: Next): Promise<void> => {
    const object = objectOf(ctx)
    if (object.isOpen) return next()
    const sessions = await open()
    const run = (): Promise<void> => {
      if (options.externalKey) return withExternalKey(ctx, next, sessions, options.externalKey, object)
      inner ??= sessions.middleware()
      return inner(ctx, () => handle(ctx, next, sessions, object))
    }
    return adopted === undefined ? run() : adopted.runFor(ctx, run)
  }
  return Object.assign(middleware as Middleware, { open })
}

/** The same, as koa-session exports it too. */
export { session as createSession }

async function handle(ctx: Context, next: Next, sessions: Sessions, object: RequestObject): Promise<void> {
  const parts = partsOf(sessions)
  const requestSession = parts && requestSessionIn(ctx, parts.context)
  if (requestSession === undefined) throw new TypeError(NO_SESSIONS)
  await openRequest(
    requestSession,
    {
      sent: readCookies(ctx.req.headers.cookie, parts?.cookieName ?? ''),
      forget: () => forgetCookie(ctx, object.options),
    },
    object,
  )
  await settleAfter(ctx, next, () => object.end())
}

/** As koa-session, also where the request brought no cookie. */
function forgetCookie(
  ctx: Context,
  { key = DEFAULT_KEY, path, domain, signed = true }: KoaSessionOptions,
): void {
  const hasKeys = Array.isArray(ctx.app.keys) ? ctx.app.keys.length > 0 : ctx.app.keys !== undefined
  ctx.cookies.set(key, '', {
    expires: new Date(0),
    overwrite: true,
    signed: signed && hasKeys,
    ...(path !== undefined && { path }),
    ...(domain !== undefined && { domain }),
  })
}

function isApp(value: unknown): value is App {
  return typeof value === 'object' && value !== null && 'use' in value && typeof value.use === 'function'
}

/** `maxage` is what `maxAge` was called long ago. */
function withOldNames(options: KoaSessionOptions): KoaSessionOptions {
  const maxage: unknown = Reflect.get(options, 'maxage')
  return maxage === undefined || 'maxAge' in options ? options : { ...options, maxAge: maxage as number }
}
