import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import { fingerprintWith } from './codecs/keys.js'
import { KeyedMutex } from './engines/concurrency.js'
import type { Engine } from './engines/engine.js'
import { closeAfter } from './engines/given-engine.js'
import { generateId } from './engines/ids.js'
import { watchOutages } from './engines/outages.js'
import { type EngineChoice, openEngine } from './engines/registry.js'
import { consoleLogger, type Logger, unfailing } from './logger.js'
import { checkProperty, explainMissingMiddleware } from './middleware/property.js'
import { readSession } from './middleware/read-session.js'
import type { PerRequest } from './middleware/session-cookie.js'
import { checkIdFrom } from './middleware/session-header.js'
import { type MiddlewareOptions, sessionMiddleware } from './middleware/sessions.js'
import type { SessionContext } from './session/context.js'
import { Events, type SessionEventListener, type SessionEventName } from './session/events.js'
import { LifecycleEvents } from './session/lifecycle-events.js'
import type { OldSessions } from './session/old-sessions.js'
import type { ReadonlySession } from './session/readonly-session.js'
import { Session, type SessionOwner } from './session/session.js'
import { openSession, type SessionHandle } from './session/session-handle.js'
import { clearExpired, type OnBatch, Sweeper } from './session/sweeper.js'
import { watchableOf } from './session/watchable.js'
import { type OnEnd, SessionWatcher } from './session/watcher.js'
import { settingsAndPlace } from './settings/cookie-place.js'
import type { Settings, SettingsOptions } from './settings/settings.js'
import { openUserSessionIndex } from './users/user-session-index.js'
import { type UserSession, UserSessions } from './users/user-sessions.js'

/** What `openSessions` takes: settings by their camelCase names, and what only code can hand over. */
export interface SessionsOptions extends Omit<SettingsOptions, 'engine' | 'cookieDomain' | 'cookiePath'> {
  /**
   * Where sessions are kept: one of Tessera's engines by name (`cache`, `db`, `cached_db`, `redis`, `file`,
   * `signed_cookies`), the path of a module that exports one, or an engine of your own. Default: `db`.
   */
  readonly engine?: EngineChoice | undefined
  /** Milliseconds since 1970. Default: the system's. */
  readonly clock?: () => number
  /** Makes session ids: 32 characters of `a-z0-9` from a secure generator, as the default does. */
  readonly generateId?: () => string
  /**
   * Where sessions of another library live on: what `koaSessionCookie`, `koaSessionStore` and `expressSession` of
   * `koa-tessera/read-through` make. A request without a session of ours that brings the cookie of such a session takes it
   * over: it is written to ours once, and removed there. Default: none. A request that has a session of ours costs nothing
   * more.
   */
  readonly readThrough?: readonly OldSessions[] | undefined
  /**
   * Under which name `ctx` has the session, for a second kind of sessions beside the first: with `admin` it is
   * `await ctx.admin`. Give it a `cookieName` and a `keyPrefix` of its own. Default: `session`.
   */
  readonly property?: string | undefined
  /**
   * As the setting `COOKIE_DOMAIN`; or a function that answers the domain for each request whose answer sets or removes the
   * cookie, for tenants on domains of their own: `(ctx) => tenantOf(ctx.hostname)?.domain`. `undefined`: this host only. A
   * wrong answer fails that request with a TypeError, before anything is stored. Never answer what a visitor has sent without
   * looking it up.
   */
  readonly cookieDomain?: string | ((ctx: Context) => string | undefined) | null | undefined
  /** As the setting `COOKIE_PATH`; or a function that answers the path for each request, as with `cookieDomain`. */
  readonly cookiePath?: string | ((ctx: Context) => string) | undefined
  /**
   * A header from which ids may come instead of the cookie, for native apps, such as `X-Session-Id`. A request that has it,
   * be it empty, neither reads nor sets the cookie: the new id comes in the response header of the same name, and an empty
   * one says that the session is over. Default: the cookie only.
   */
  readonly idFrom?: string | undefined
  /** Where to report what no request can: pino, or anything with its `warn` and `error`. Default: the console. */
  readonly logger?: Logger
}

/** The sessions of one application, on one engine. */
export interface Sessions {
  /** Where they are kept. */
  readonly engine: Engine
  /**
   * Gives every request `ctx.session`, or what `property` says; with `{ inViews: true }` templates get it too, as `ctx.state.session`.
   *
   * @throws TypeError for anything else than these options.
   */
  middleware(options?: MiddlewareOptions): Middleware
  /**
   * The session with `id`, outside a request; without an id, or if there is none such, a new one. Changes take effect
   * with `await session.save()`.
   */
  open(id?: string): Promise<Session>
  /**
   * The session of a request that is not answered by Koa, such as the one of a WebSocket's handshake: `undefined` if it
   * brings none. Read-only, since no cookie can be set there. Reading makes the session live no longer.
   *
   * @throws EngineUnavailable if the store does not answer. @throws TypeError if `req` is no request of Node.
   */
  read(req: Pick<IncomingMessage, 'headers'>): Promise<ReadonlySession | undefined>
  /**
   * Calls `onEnd` once when the session ends, is revoked, expires, or its id is replaced by a log-in or `cycleKey()`, in
   * whichever process; a renewal (`RENEW_AFTER`) is followed. Within 1.5 seconds; Redis and PostgreSQL mostly tell at
   * once. For open sockets and streams. Answers a function that stops it. While the store is down nobody is told.
   *
   * @throws TypeError if the session is not stored, or will get another id when its changes are saved.
   */
  watch(session: Session | ReadonlySession, onEnd: OnEnd): () => void
  /**
   * The user's live sessions, the one used last first; `current`: the one that asks. For the user's own page of devices,
   * and for administrators.
   *
   * @throws NotOnThisEngine if the engine cannot find sessions by their user.
   * @throws EngineUnavailable if the store does not answer.
   */
  forUser(userId: string, options?: { readonly current?: Session | undefined }): Promise<UserSession[]>
  /**
   * Ends one session of the user, by the handle that `forUser` gave; answers how many ended: 0 if it was over already.
   * Who has it open is logged out, and what a request under way in it wants to save is refused.
   *
   * @throws NotOnThisEngine, @throws EngineUnavailable as `forUser`.
   */
  revoke(userId: string, handle: string): Promise<number>
  /**
   * Ends every other session of the user of this one, and leaves this one be: for "log out everywhere else", and after
   * a change of password. Answers how many ended; `undefined` where sessions are in cookies, and nobody can count them.
   *
   * @throws TypeError if nobody is logged in. @throws NotOnThisEngine, @throws EngineUnavailable as `forUser`.
   */
  revokeOthers(session: Session): Promise<number | undefined>
  /**
   * Ends every session of the user, as when an account is closed. Answers as `revokeOthers`.
   *
   * @throws NotOnThisEngine, @throws EngineUnavailable as `forUser`.
   */
  revokeAll(userId: string): Promise<number | undefined>
  /**
   * Removes what has expired, in batches, and answers how many records went. `onBatch` hears how many so far, and ends
   * it early by answering `false`.
   */
  clearExpired(onBatch?: OnBatch): Promise<number>
  /**
   * Calls `listener` at each event of that name from now on, until the function that this answers is called. What it
   * answers is not waited for, and that it fails is logged and costs no request anything. Events bear no id and no data;
   * what nobody listens to is not worked out.
   */
  on<Name extends SessionEventName>(name: Name, listener: SessionEventListener<Name>): () => void
  /** Finishes what is under way and lets go of the store. A second call does nothing. */
  close(): Promise<void>
}

/** What the package's other entries need of sessions that are open. */
export interface SessionsParts {
  readonly context: SessionContext
  readonly cookieName: string
}

const parts = new WeakMap<object, SessionsParts>()

/** `undefined`: `sessions` are not what `openSessions` has made. */
export function partsOf(sessions: unknown): SessionsParts | undefined {
  return typeof sessions === 'object' && sessions !== null ? parts.get(sessions) : undefined
}

const ALONE =
  'sessions of this engine are seen by this process alone: where several serve one site, choose a shared one, such as db or redis'

/**
 * Opens the engine and everything above it. Neither a file nor the environment is read, except for NODE_ENV: in
 * `production` the defaults are stricter and weak keys are refused; the option `environment` overrides it.
 * `loadSettings()` reads the layers and answers what can be passed here.
 *
 * @throws SettingsError if an option is unknown or its value wrong; it names every one.
 * @throws EngineUnavailable if the engine's store cannot be used.
 */
export async function openSessions(options: SessionsOptions = {}): Promise<Sessions> {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(
      `openSessions takes an object of options, such as { engine: 'db' }, not ${String(options)}`,
    )
  const {
    clock = Date.now,
    generateId: makeId = generateId,
    logger: given = consoleLogger,
    engine,
    readThrough = [],
    property: givenProperty = 'session',
    idFrom: givenHeader,
    ...rest
  } = options
  const logger = unfailing(given)
  const { settings, placeOf } = settingsAndPlace({ ...rest, engine })
  const perRequest = { placeOf, idFrom: checkIdFrom(givenHeader) }
  checkReadThrough(readThrough)
  const property = checkProperty(givenProperty)
  for (const warning of settings.warnings) logger.warn({}, warning)
  const ready = typeof engine === 'object' || typeof engine === 'function'
  const bare = await openEngine(ready ? engine : settings.engine, settings, { clock, logger })
  try {
    return sessionsOn(bare, settings, {
      clock,
      generateId: makeId,
      logger,
      readThrough,
      property,
      perRequest,
    })
  } catch (error) {
    return closeAfter(error, bare)
  }
}

const FORGOT_TO_CALL = 'write app.use(sessions.middleware()), with parentheses'
const TAKES_LITTLE =
  'sessions.middleware() takes { inViews: true } or nothing: other options belong to openSessions()'

function checkedOptions(given: unknown): MiddlewareOptions {
  if (given === undefined) return {}
  const isRight =
    typeof given === 'object' &&
    given !== null &&
    Object.entries(given).every(([name, value]) => name === 'inViews' && typeof value === 'boolean')
  if (!isRight) throw new TypeError(TAKES_LITTLE)
  return given
}

function checkReadThrough(given: unknown): void {
  const isRight =
    Array.isArray(given) &&
    given.every((one: unknown) => typeof one === 'object' && one !== null && 'keyOf' in one && 'load' in one)
  if (!isRight)
    throw new TypeError(
      "readThrough takes a list of what koaSessionCookie(), koaSessionStore() and expressSession() of 'koa-tessera/read-through' make",
    )
}

interface Tools {
  readonly clock: () => number
  readonly generateId: () => string
  readonly logger: Logger
  readonly readThrough: readonly OldSessions[]
  readonly property: string
  readonly perRequest: PerRequest
}

function sessionsOn(
  bare: Engine,
  settings: Settings,
  { clock, generateId, logger, readThrough, property, perRequest }: Tools,
): Sessions {
  explainMissingMiddleware(property)
  const events = new Events({ engine: bare.name, clock, logger })
  const own = watchOutages(
    bare,
    { clock, logger },
    {
      down: (message) => events.emit('engine-down', () => ({ message })),
      up: (downFor) => events.emit('engine-up', () => ({ downFor })),
    },
  )
  if (settings.environment === 'production' && !own.capabilities.shared)
    logger.warn({ engine: own.name }, ALONE)
  const fingerprint = fingerprintWith(settings.secretKey)
  const lifecycle = new LifecycleEvents({ events, clock, rules: settings, fingerprint })
  const mutex = new KeyedMutex()
  const limit = { most: settings.maxSessionsPerUser, policy: settings.maxSessionsPolicy }
  const userIndex = openUserSessionIndex({ engine: own, mutex, clock, logger, limit, lifecycle })
  const users = new UserSessions({ engine: own, lists: userIndex?.lists, rules: settings, clock, lifecycle })
  const context: SessionContext = {
    engine: own,
    clock,
    generateId,
    rules: settings,
    renewal: settings,
    touchAfter: settings.touchAfter,
    saveEveryRequest: settings.saveEveryRequest,
    needsUpkeep:
      settings.saveEveryRequest || settings.idleTimeout !== undefined || settings.renewAfter !== undefined,
    nestedChanges: settings.nestedChanges,
    mutex,
    lifecycle,
    fingerprint,
    logger,
    readThrough,
    userIndex,
  }
  const watcher = new SessionWatcher(context)
  const sweeper = new Sweeper(own, settings.cleanupInterval * 1000, logger)
  const cookie = {
    name: settings.cookieName,
    path: settings.cookiePath,
    domain: settings.cookieDomain,
    httpOnly: settings.cookieHttpOnly,
    secure: settings.cookieSecure,
    sameSite: settings.cookieSameSite,
    partitioned: settings.cookiePartitioned,
    priority: settings.cookiePriority,
  }
  let closing: Promise<void> | undefined
  const sessions: Sessions = {
    engine: own,
    middleware(...called: unknown[]) {
      if (called.length > 1) throw new TypeError(FORGOT_TO_CALL)
      return sessionMiddleware(context, { property, cookie, perRequest }, checkedOptions(called[0]))
    },
    async open(id) {
      const handle = await openSession(id === undefined ? [] : [id], context)
      return new Session(handle.state, context, new DetachedOwner(handle))
    },
    read: (req) => readSession(req, context, { cookieName: cookie.name, idFrom: perRequest.idFrom }),
    watch: (session, onEnd) => watcher.watch(watchableOf(session, onEnd, context), onEnd),
    forUser: (userId, { current } = {}) => users.forUser(userId, current),
    revoke: (userId, handle) => users.revoke(userId, handle),
    revokeOthers: (session) => users.revokeOthers(session),
    revokeAll: (userId) => users.revokeAll(userId),
    clearExpired: (onBatch) => clearExpired(own, onBatch),
    on: (name, listener) => events.on(name, listener),
    close() {
      closing ??= Promise.all([watcher.close(), sweeper.stop()]).then(() => own.close())
      return closing
    },
  }
  parts.set(sessions, { context, cookieName: cookie.name })
  return sessions
}

/** Saves a session outside a request, where there is no browser to be told, and no answer that could be too late. */
export class DetachedOwner implements SessionOwner {
  readonly #handle: SessionHandle

  constructor(handle: SessionHandle) {
    this.#handle = handle
  }

  async save(): Promise<void> {
    await this.#handle.commit({ failed: false, tooLate: false, gone: false, explicit: true })
    this.#handle.state.restartTracking(true)
  }
}
