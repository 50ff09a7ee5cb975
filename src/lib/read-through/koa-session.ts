import { isObject } from '../codecs/record.js'
import { EngineUnavailable } from '../engines/errors.js'
import type { OldCookie, OldSession, OldSessions } from '../session/old-sessions.js'
import { type KoaKeys, keygripOf, signedByKoa } from './signatures.js'

/** How koa-session was set up: its own options of the same names. */
export interface KoaSessionSetup {
  /** The name of its cookie. Default: `koa.sess`, as koa-session's. */
  readonly key?: string | undefined
  /** What `app.keys` is, with which its cookie is signed. */
  readonly keys: KoaKeys
  /** The `path` of its cookie. Default: `/`. */
  readonly path?: string | undefined
  /** The `domain` of its cookie. Default: none. */
  readonly domain?: string | undefined
}

export interface KoaSessionCookieSetup extends KoaSessionSetup {
  /** Makes the data from the cookie's value. Default: as koa-session does, from JSON in base64. */
  readonly decode?: ((value: string) => unknown) | undefined
}

/** A store of koa-session. Further arguments are those of koa-session, as far as they are known here. */
export interface KoaSessionStore {
  /** Answers the session or a promise of it; nothing if there is none. */
  get(key: string, maxAge: number | undefined, options: object): unknown
  /** Removes the session. */
  destroy(key: string, options: object): unknown
}

/** How koa-session was set up with a store. */
export interface KoaSessionStoreSetup extends Omit<KoaSessionSetup, 'keys'> {
  /** What `app.keys` is. Leave it out only if koa-session had `signed: false`. */
  readonly keys?: KoaKeys | undefined
  /** The store that koa-session used. */
  readonly store: KoaSessionStore
}

/** The name of koa-session's cookie, unless it was told another. */
export const DEFAULT_KEY = 'koa.sess'

/** Sessions that koa-session keeps in its cookie. An unsigned cookie is not read: anybody could have written it. */
export function koaSessionCookie(setup: KoaSessionCookieSetup): OldSessions {
  const { key: name = DEFAULT_KEY, decode = fromBase64 } = setup
  const keygrip = keygripOf(setup.keys)
  return {
    keyOf: (cookies) => signedByKoa(name, cookies(name), cookies(`${name}.sig`), keygrip),
    load: async (value) => sessionIn(attempt(() => decode(value))),
    remove: async () => {},
    seal: (value) => keygrip.sign(`read-through ${value}`),
    cookies: cookiesOf(name, setup),
  }
}

/** Sessions that koa-session keeps in a store. */
export function koaSessionStore(setup: KoaSessionStoreSetup): OldSessions {
  const { key: name = DEFAULT_KEY, keys, store } = setup
  if (typeof store?.get !== 'function' || typeof store.destroy !== 'function')
    throw new TypeError('koaSessionStore needs the store that koa-session used, with get() and destroy()')
  const keygrip = keys === undefined ? undefined : keygripOf(keys)
  return {
    keyOf: (cookies) =>
      keygrip === undefined
        ? cookies(name).at(-1)
        : signedByKoa(name, cookies(name), cookies(`${name}.sig`), keygrip),
    load: async (key) => sessionIn(await asked(async () => store.get(key, undefined, { rolling: false }))),
    remove: async (key) => {
      await asked(async () => store.destroy(key, {}))
    },
    seal: (key) => keygrip?.sign(`read-through ${key}`) ?? '',
    cookies: cookiesOf(name, setup),
  }
}

/** How koa-generic-session was set up: its own options of the same names. */
export interface KoaGenericSessionSetup extends KoaSessionStoreSetup {
  /** The name of its cookie. Default: `koa.sid`, as koa-generic-session's. */
  readonly key?: string | undefined
  /** What stands before each id in its store. Default: `koa:sess:`, as koa-generic-session's. */
  readonly prefix?: string | undefined
}

/** Sessions that koa-generic-session keeps in a store. */
export function koaGenericSession(setup: KoaGenericSessionSetup): OldSessions {
  const { key = 'koa.sid', prefix = 'koa:sess:', store } = setup
  const old = koaSessionStore({ ...setup, key })
  return {
    ...old,
    load: async (sid) => {
      const stored = await asked(async () => store.get(prefix + sid, undefined, { rolling: false }))
      if (!isObject(stored)) return undefined
      const { cookie, ...data } = stored
      return { data }
    },
    remove: async (sid) => {
      await asked(async () => store.destroy(prefix + sid, {}))
    },
  }
}

/** What koa-session stores: the data, and members of its own that say how long it lives. */
function sessionIn(stored: unknown): OldSession | undefined {
  if (!isObject(stored)) return undefined
  const { _expire, _maxAge, _session, ...data } = stored
  return { data, expires: typeof _expire === 'number' ? _expire : undefined }
}

function fromBase64(value: string): unknown {
  return JSON.parse(Buffer.from(value, 'base64').toString())
}

function attempt(decode: () => unknown): unknown {
  try {
    return decode()
  } catch {
    // Nobody but the application has signed it, so it is no attack; koa-session begins a new session too.
    return undefined
  }
}

/** What an old store answers. @throws EngineUnavailable if it does not. */
export async function asked(ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask()
  } catch (cause) {
    // What stands there is no JSON, and will be none the next time. That is no session rather than an outage.
    if (cause instanceof SyntaxError) return undefined
    throw new EngineUnavailable('the old session store does not answer', { cause })
  }
}

function cookiesOf(
  name: string,
  { path = '/', domain }: Omit<KoaSessionSetup, 'keys'>,
): readonly OldCookie[] {
  return [name, `${name}.sig`].map((each) => ({ name: each, path, domain }))
}
