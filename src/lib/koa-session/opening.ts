import { randomBytes } from 'node:crypto'
import type Koa from 'koa'
import { storeEngine } from '../engines/store-engine.js'
import { consoleLogger } from '../logger.js'
import { openSessions } from '../open-sessions.js'
import { koaSessionCookie, koaSessionStore } from '../read-through/koa-session.js'
import type { OldSessions } from '../session/old-sessions.js'
import type { Sessions, SessionsOptions } from '../sessions.js'
import { SettingsError } from '../settings/errors.js'
import { AdoptedStore, type KoaStore } from './adopted-store.js'
import type { KoaSessionOptions } from './options.js'

/** The store of koa-session's that the options name, as one of ours. */
export function adoptedStoreOf(options: KoaSessionOptions): AdoptedStore | undefined {
  const { store, ContextStore, rolling = false, clock = Date.now, engineTimeout = 2000 } = options
  if (store === undefined && ContextStore === undefined) return undefined
  return new AdoptedStore({ store, ContextStore, rolling, clock, timeLimit: engineTimeout })
}

const NOT_ATOMIC =
  'sessions are in a store that has get, set and destroy only: of two processes that change one session at the same moment ' +
  'one can lose its change, or bring back what the other has ended. Within one process that cannot happen. For several, ' +
  'choose an engine, such as db or redis'

/** Opens the sessions. `settings`: what `openSessions` is to be given, without engine and key. */
export async function openFor(
  app: Koa,
  options: KoaSessionOptions,
  settings: SessionsOptions,
  adopted: AdoptedStore | undefined,
): Promise<Sessions> {
  if (options.sessions !== undefined) return options.sessions
  const readThrough = settings.readThrough ?? oldSessionsOf(app, options)
  if (adopted !== undefined) {
    const { logger = consoleLogger } = settings
    logger.warn({}, NOT_ATOMIC)
    const engine = storeEngine({
      name: 'store of koa-session',
      store: adopted,
      ...(settings.keyPrefix !== undefined && { keyPrefix: settings.keyPrefix }),
    })
    // Such a store cannot be swept, and outside a request there is none of a ContextStore.
    return openSessions({ cleanupInterval: 0, ...settings, engine, readThrough })
  }
  const { engine = 'signed_cookies' } = settings
  const keys = engine === 'signed_cookies' && settings.secretKey === undefined ? keysOf(app, options) : {}
  try {
    return await openSessions({ ...keys, ...settings, engine, readThrough })
  } catch (cause) {
    if (!('secretKey' in keys) || !(cause instanceof SettingsError)) throw cause
    throw new Error(`app.keys seal the session cookies, as secretKey and its fallbacks: ${cause.message}`, {
      cause,
    })
  }
}

/** The keys that seal cookies: those of the application. */
function keysOf(app: Koa, { signed = true, logger = consoleLogger }: KoaSessionOptions): SessionsOptions {
  const keys: unknown = app.keys
  if (Array.isArray(keys) && keys.length > 0) {
    const [secretKey, ...secretKeyFallbacks] = keys.map(String)
    return { secretKey, secretKeyFallbacks }
  }
  if (signed || process.env.NODE_ENV === 'production')
    throw new Error(
      '.keys required for signed cookies: set app.keys to a list of texts, or give session() a secretKey. The session is ' +
        'in the cookie, which is sealed with it',
    )
  logger.warn(
    {},
    'app.keys is not set: session cookies are sealed with a key of this process, and end with it',
  )
  return { secretKey: randomBytes(32).toString('base64url') }
}

/** The sessions of koa-session itself, which had these options until now. */
function oldSessionsOf(app: Koa, options: KoaSessionOptions): readonly OldSessions[] {
  const { key, path, domain, decode, store, signed = true, externalKey } = options
  const keys: unknown = app.keys
  if (externalKey || !signed || !Array.isArray(keys) || keys.length === 0) return []
  const setup = { key, path, domain, keys: keys.map(String) }
  if (options.ContextStore !== undefined) return []
  return [
    store === undefined
      ? koaSessionCookie({ ...setup, decode })
      : koaSessionStore({ ...setup, store: outsideRequests(store) }),
  ]
}

function outsideRequests(store: KoaStore): Parameters<typeof koaSessionStore>[0]['store'] {
  const about = { ctx: undefined, rolling: false }
  return {
    get: (key) => store.get(key, 0, about),
    destroy: (key) => store.destroy(key, about),
  }
}
