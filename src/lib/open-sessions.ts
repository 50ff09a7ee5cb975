import { DjangoAuth } from './codecs/django/auth.js'
import { fingerprintWith } from './codecs/keys.js'
import { KeyedMutex } from './engines/concurrency.js'
import type { Engine, EngineTools } from './engines/engine.js'
import { closeAfter } from './engines/given-engine.js'
import { generateId } from './engines/ids.js'
import type { Moving } from './engines/moving/moving.js'
import { type OpenMove, openMove } from './engines/moving/open-move.js'
import { watchOutages } from './engines/outages.js'
import { recordCodec } from './engines/record-codec.js'
import { openEngine } from './engines/registry.js'
import { unwatched, watchedAs } from './engines/watch-engine.js'
import { consoleLogger, type Logger, unfailing } from './logger.js'
import { checkProperty, explainMissingMiddleware } from './middleware/property.js'
import { readSession } from './middleware/read-session.js'
import type { PerRequest } from './middleware/session-cookie.js'
import { checkIdFrom } from './middleware/session-header.js'
import { type MiddlewareOptions, sessionMiddleware } from './middleware/sessions.js'
import type { SessionContext } from './session/context.js'
import { Events } from './session/events.js'
import { LifecycleEvents } from './session/lifecycle-events.js'
import type { OldSessions } from './session/old-sessions.js'
import { Session } from './session/session.js'
import { DetachedOwner, openSession } from './session/session-handle.js'
import { clearExpired, Sweeper } from './session/sweeper.js'
import { UserSessions } from './session/user-sessions.js'
import { watchableOf } from './session/watchable.js'
import { SessionWatcher } from './session/watcher.js'
import type { Sessions, SessionsOptions } from './sessions.js'
import { settingsAndPlace } from './settings/cookie-place.js'
import { type GivenOldEngine, givenOldEngine, oldEngineOf } from './settings/old-engine.js'
import type { Settings } from './settings/settings.js'
import { openUserSessionIndex, type UserSessionIndex } from './users/user-session-index.js'

/** What the package's other entries need of sessions that are open. */
export interface SessionsParts {
  readonly context: SessionContext
  readonly cookieName: string
  /** Where sessions are being moved. */
  readonly moving: Moving | undefined
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
  return openAs(options, true)
}

/**
 * The same for a command, which serves nobody: where sessions move it moves none by itself, and is not among the processes
 * that say which step they run.
 */
export function openForCommand(options: SessionsOptions): Promise<Sessions> {
  return openAs(options, false)
}

async function openAs(options: SessionsOptions, isServing: boolean): Promise<Sessions> {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(
      `openSessions takes an object of options, such as { engine: 'db' }, not ${String(options)}`,
    )
  const {
    clock = Date.now,
    generateId: makeId = generateId,
    logger: given = consoleLogger,
    engine,
    moveFrom,
    readThrough = [],
    property: givenProperty = 'session',
    idFrom: givenHeader,
    ...rest
  } = options
  const logger = unfailing(given)
  const ownOld = givenOldEngine(moveFrom)
  const { settings, placeOf } = settingsAndPlace({ ...rest, engine, ...(ownOld?.settings ?? { moveFrom }) })
  const perRequest = { placeOf, idFrom: checkIdFrom(givenHeader) }
  checkReadThrough(readThrough)
  const property = checkProperty(givenProperty)
  for (const warning of settings.warnings) logger.warn({}, warning)
  const isMoving = ownOld !== undefined || settings.moveFrom !== undefined
  const ready = typeof engine === 'object' || typeof engine === 'function'
  const tools = { clock, logger, ...(isMoving && { codec: recordCodec(settings, clock) }) }
  const bare = await openEngine(ready ? engine : settings.engine, settings, tools)
  let opened = bare
  try {
    const moving = await movingInto(bare, settings, tools, {
      given: ownOld,
      ownEngine: ready ? bare.name : undefined,
      isServing,
    })
    opened = moving === undefined ? bare : watchedAs(bare, moving.engine)
    return sessionsOn(opened, moving, settings, {
      clock,
      generateId: makeId,
      logger,
      readThrough,
      property,
      perRequest,
    })
  } catch (error) {
    return closeAfter(error, opened)
  }
}

/** Puts the engine that sessions are moved from behind `bare`; `undefined` if there is none. */
async function movingInto(
  bare: Engine,
  settings: Settings,
  tools: EngineTools,
  { given, ownEngine, isServing }: OldAndNew,
): Promise<OpenMove | undefined> {
  const from = tools.codec && oldEngineOf(settings, tools.codec, given, ownEngine)
  // Its store is what only the engine itself has.
  const to = unwatched(bare)
  const options = { ...settings, isServing }
  return from && openMove(from.old, to, settings.moveStep, { ...tools, codec: from.codec }, options)
}

interface OldAndNew {
  readonly given: GivenOldEngine | undefined
  /** The name of the new engine, where that is no setting. */
  readonly ownEngine: string | undefined
  readonly isServing: boolean
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
  move: OpenMove | undefined,
  settings: Settings,
  { clock, generateId, logger, readThrough, property, perRequest }: Tools,
): Sessions {
  explainMissingMiddleware(property)
  const events = new Events({ engine: bare.name, clock, logger })
  move?.onMoved(() => events.emit('moved', () => ({ from: move.fromName })))
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
  const userIndexOf = (engine: Engine): UserSessionIndex | undefined =>
    openUserSessionIndex({ engine, mutex, clock, logger, limit: { ...limit, most: 0 }, lifecycle })
  // What moves is no new log-in: no limit refuses it.
  move?.onArrival?.((engine) => {
    const arrivals = userIndexOf(engine)
    return async (user, id, expires) =>
      await arrivals?.move({ user, before: undefined, id: undefined, expires }).announce(id)
  })
  const endElsewhere = async (userId: string, but?: string): Promise<void> => {
    const { other } = move ?? {}
    if (other?.index === undefined && other?.revocations === undefined) return
    await new UserSessions({
      engine: other,
      lists: userIndexOf(other)?.lists,
      rules: settings,
      clock,
      lifecycle,
    }).revokeAll(userId, but)
  }
  /**
   * First where sessions come from: what moves meanwhile arrives in the other place. What is there ends also where that fails.
   */
  const endBoth = async <Count>(
    end: () => Promise<Count>,
    userId: string | undefined,
    but?: string,
  ): Promise<Count> => {
    const elsewhere = async (): Promise<void> => {
      if (move?.other && userId !== undefined) await endElsewhere(userId, but)
    }
    if (move?.step === 'prepare') {
      try {
        return await end()
      } finally {
        await elsewhere()
      }
    }
    let ended: Count
    try {
      await elsewhere()
    } finally {
      ended = await end()
    }
    return ended
  }
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
    storeTimeout: settings.engineTimeout,
    djangoAuth: settings.secretKey
      ? new DjangoAuth([settings.secretKey, ...settings.secretKeyFallbacks])
      : undefined,
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
    revokeOthers: (session) => endBoth(() => users.revokeOthers(session), session.user, session.handle),
    revokeAll: (userId) => endBoth(() => users.revokeAll(userId), userId),
    clearExpired: (onBatch) => clearExpired(own, onBatch),
    on: (name, listener) => events.on(name, listener),
    close() {
      closing ??= Promise.all([watcher.close(), sweeper.stop()]).then(() => own.close())
      return closing
    },
  }
  parts.set(sessions, { context, cookieName: cookie.name, moving: move?.moving })
  return sessions
}
