import { isObject } from '../codecs/record.js'
import type { OldSessions } from '../session/old-sessions.js'
import { asked } from './koa-session.js'
import { signedByExpress, signForExpress } from './signatures.js'

/** A store of express-session, such as those of connect-redis and connect-pg-simple. */
export interface ExpressSessionStore {
  /** Calls back with the session, or with nothing if there is none. */
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown
  /** Removes the session. */
  destroy(sid: string, callback?: (error?: unknown) => void): unknown
}

/** How express-session was set up: its own options of the same names. */
export interface ExpressSessionSetup {
  /** The name of its cookie. Default: `connect.sid`, as express-session's. */
  readonly name?: string | undefined
  /** With which its cookie is signed; of several, the newest first. */
  readonly secret: string | readonly string[]
  /** The store that express-session used. */
  readonly store: ExpressSessionStore
  /** The `path` of its cookie. Default: `/`. */
  readonly path?: string | undefined
  /** The `domain` of its cookie. Default: none. */
  readonly domain?: string | undefined
}

/** Sessions that express-session keeps in a store. */
export function expressSession(setup: ExpressSessionSetup): OldSessions {
  const { name = 'connect.sid', store, path = '/', domain } = setup
  const secrets = [setup.secret].flat()
  const [first] = secrets
  if (first === undefined || secrets.some((secret) => typeof secret !== 'string' || secret === ''))
    throw new TypeError('expressSession needs the secret of express-session: a text, or a list of texts')
  if (typeof store?.get !== 'function' || typeof store.destroy !== 'function')
    throw new TypeError('expressSession needs the store that express-session used, with get() and destroy()')
  return {
    keyOf: (cookies) => signedByExpress(cookies(name), secrets),
    load: async (sid) => {
      const stored = await asked(() => called((callback) => store.get(sid, callback)))
      if (!isObject(stored)) return undefined
      const { cookie, ...data } = stored
      return { data, expires: endOf(cookie) }
    },
    remove: async (sid) => {
      await asked(() => called((callback) => store.destroy(sid, callback)))
    },
    seal: (sid) => signForExpress(`read-through ${sid}`, first),
    cookies: [{ name, path, domain }],
  }
}

/** When the session ends, as its cookie says: milliseconds since 1970. */
function endOf(cookie: unknown): number | undefined {
  if (typeof cookie !== 'object' || cookie === null) return undefined
  // A store that copies the members of the cookie's object, not its JSON, has the second one.
  const expires: unknown = Reflect.get(cookie, 'expires') ?? Reflect.get(cookie, '_expires')
  const isGiven = typeof expires === 'string' || expires instanceof Date
  const end = isGiven ? new Date(expires).getTime() : Number.NaN
  return Number.isNaN(end) ? undefined : end
}

function called(call: (callback: (error?: unknown, value?: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const answered: unknown = call((error, value) => (error ? reject(error) : resolve(value)))
    // A store that is asynchronous may reject instead of calling back.
    if (answered instanceof Promise) answered.catch(reject)
  })
}
