import type { Context } from 'koa'
import { LONGEST_COOKIE_AGE } from '../middleware/cookie.js'
import { DEFAULT_KEY } from '../read-through/koa-session.js'
import type { Sessions, SessionsOptions } from '../sessions.js'
import { type SettingFault, SettingsError } from '../settings/errors.js'
import { checkOptions } from '../settings/load.js'
import { NO_SETTING, nearest } from '../settings/unknown-names.js'
import type { KoaContextStore, KoaStore } from './adopted-store.js'
import type { KoaSession } from './session-object.js'

/** koa-session's own options. What they mean is what they mean there, unless it is said here. */
export interface KoaSessionOwnOptions {
  /** The name of the cookie. Default: `koa.sess`. */
  readonly key?: string | undefined
  /**
   * How long a session lives after its last save, in milliseconds, or `session`: until the browser closes, and on the server
   * for two weeks. Default: a day, and the cookie until the browser closes.
   */
  readonly maxAge?: number | 'session' | undefined
  /** Whether sessions are saved when the handlers are done; else `manuallyCommit()` does. Default: true. */
  readonly autoCommit?: boolean | undefined
  /** Has no effect: a response sets the cookie once. */
  readonly overwrite?: boolean | undefined
  /** Whether scripts in a page cannot read the cookie. Default: true. */
  readonly httpOnly?: boolean | undefined
  /**
   * Whether old cookies of koa-session are signed. Our cookies need no signature: one holds a random id, or is sealed.
   * Default: true.
   */
  readonly signed?: boolean | undefined
  /** Whether each response makes the session live longer. Default: false. */
  readonly rolling?: boolean | undefined
  /** Whether a session that is used in the second half of its life is saved again. Default: false. */
  readonly renew?: boolean | undefined
  /** Whether browsers send the cookie over HTTPS only. Default: if the request came over HTTPS. */
  readonly secure?: boolean | undefined
  /** Default: none, the cookie does not say. */
  readonly sameSite?: string | boolean | undefined
  readonly path?: string | undefined
  readonly domain?: string | undefined
  readonly partitioned?: boolean | undefined
  readonly priority?: string | undefined
  /** Where ids come from and go to instead of the cookie. */
  readonly externalKey?:
    | {
        /** The id that the request brings, if it brings one. */
        get(ctx: Context): string | undefined
        /** Sends the id with the response. */
        set(ctx: Context, key: string): void
      }
    | undefined
  /** A store of your own. Default: none, sessions are where `engine` says. */
  readonly store?: KoaStore | undefined
  /** The same as a class, of which one is made for each request. */
  readonly ContextStore?: KoaContextStore | undefined
  /** Not used: what is in a cookie is sealed. */
  readonly encode?: ((data: object) => string) | undefined
  /** Reads old cookies of koa-session. */
  readonly decode?: ((value: string) => unknown) | undefined
  /** Not used: whoever can guess an id has the session, so ids are random. */
  readonly genid?: ((ctx: Context) => string) | undefined
  /** What stands before each key in the store. */
  readonly prefix?: string | undefined
  /** Whether a stored session counts for this request; else it is left alone, and a new one begins. */
  readonly valid?: ((ctx: Context, data: Record<string, unknown>) => unknown) | undefined
  /** Called before a session is saved. */
  readonly beforeSave?: ((ctx: Context, session: KoaSession) => void) | undefined
}

/** What `session()` takes: koa-session's options, and those of `openSessions`. */
export interface KoaSessionOptions extends KoaSessionOwnOptions, Omit<SessionsOptions, 'property'> {
  /** Sessions that are open already. Options of `openSessions` are given there, then. */
  readonly sessions?: Sessions | undefined
}

const ONE_DAY = 86_400_000
const TWO_WEEKS = 1_209_600

const types: Readonly<Record<string, readonly string[]>> = {
  key: ['string'],
  autoCommit: ['boolean'],
  overwrite: ['boolean'],
  httpOnly: ['boolean'],
  signed: ['boolean'],
  rolling: ['boolean'],
  renew: ['boolean'],
  secure: ['boolean'],
  sameSite: ['string', 'boolean'],
  path: ['string'],
  domain: ['string'],
  partitioned: ['boolean'],
  priority: ['string'],
  externalKey: ['object'],
  store: ['object', 'function'],
  ContextStore: ['function'],
  encode: ['function'],
  decode: ['function'],
  genid: ['function'],
  prefix: ['string'],
  valid: ['function'],
  beforeSave: ['function'],
  maxAge: ['number', 'string'],
}

const methods: Readonly<Record<string, readonly string[]>> = {
  store: ['get', 'set', 'destroy'],
  externalKey: ['get', 'set'],
}

/** @throws TypeError naming the option that is wrong. */
export function checkOwnOptions(options: KoaSessionOptions): void {
  for (const [name, allowed] of Object.entries(types)) {
    const value: unknown = Reflect.get(options, name)
    if (value === undefined || value === null) continue
    if (!allowed.includes(typeof value))
      throw new TypeError(`koa-session's option ${name} is a ${allowed.join(' or a ')}, not ${shown(value)}`)
    for (const method of methods[name] ?? []) needMethod(name, value, method)
  }
  const { maxAge, ContextStore } = options
  if ((typeof maxAge === 'string' && maxAge !== 'session') || Number.isNaN(maxAge))
    throw new TypeError(
      `Invalid input: koa-session's option maxAge is milliseconds or 'session', not ${Number.isNaN(maxAge) ? 'NaN' : shown(maxAge)}`,
    )
  if (ContextStore)
    for (const method of methods.store ?? [])
      needMethod('ContextStore.prototype', ContextStore.prototype, method)
}

/**
 * Checks the options of `openSessions`. A name that is none of them may be one of koa-session's, misspelled.
 * @throws SettingsError naming the options that are wrong.
 */
export function checkOtherOptions(options: Parameters<typeof checkOptions>[0]): void {
  try {
    checkOptions(options)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    throw new SettingsError(error.faults.map(withOwnName))
  }
}

function withOwnName(fault: SettingFault): SettingFault {
  if (fault.problem !== NO_SETTING) return fault
  // What a name of another library is called here is known better than a guess, but for `samesite`.
  const limit = fault.remedy.startsWith('Here it is') ? 0 : 2
  const meant = nearest(fault.name, Object.keys(types), limit)
  // Other faults refer to the list of all names, which is told once.
  const list = fault.remedy.startsWith('There are') ? ` ${fault.remedy}` : ''
  return meant === undefined ? fault : { ...fault, remedy: `Did you mean ${meant}?${list}` }
}

function needMethod(name: string, of: object, method: string): void {
  if (typeof Reflect.get(of, method) !== 'function')
    throw new TypeError(`${name}.${method} must be a function`)
}

function shown(value: unknown): string {
  return typeof value === 'object' ? 'an object' : JSON.stringify(value)
}

/** The life that `maxAge` gives, in milliseconds. */
export function lifeOf(maxAge: number | 'session' | undefined): number {
  if (maxAge === 'session') return TWO_WEEKS * 1000
  return maxAge || ONE_DAY
}

/** What `openSessions` is to be given for koa-session's options, without engine and key. */
export function settingsFrom(options: KoaSessionOptions): SessionsOptions {
  const { maxAge, secure, sameSite, prefix, path, domain, partitioned, priority } = options
  const isForOtherSites = typeof sameSite === 'string' && sameSite.toLowerCase() === 'none'
  return {
    cookieName: options.key ?? DEFAULT_KEY,
    cookieAge: Math.min(Math.max(Math.ceil(lifeOf(maxAge) / 1000), 1), LONGEST_COOKIE_AGE),
    expireAtBrowserClose: typeof maxAge !== 'number',
    saveEveryRequest: options.rolling ?? false,
    cookieHttpOnly: options.httpOnly ?? true,
    // Browsers drop a cookie for other sites that is not Secure.
    cookieSecure: secure ?? (isForOtherSites ? true : 'auto'),
    cookieSameSite: sameSiteFrom(sameSite),
    // koa-session has neither; in production they would end sessions that lived on before.
    idleTimeout: null,
    absoluteTimeout: null,
    ...(path !== undefined && { cookiePath: path }),
    ...(domain !== undefined && { cookieDomain: domain }),
    ...(partitioned !== undefined && { cookiePartitioned: partitioned }),
    ...(priority !== undefined && { cookiePriority: capitalized(priority) as 'Low' }),
    ...(prefix !== undefined && { keyPrefix: prefix.replace(/:$/, '') }),
    ...rest(options),
  }
}

function sameSiteFrom(sameSite: string | boolean | undefined): 'Lax' | 'Strict' | 'None' | false {
  if (sameSite === true) return 'Strict'
  // What is none of the three is refused with the settings.
  return typeof sameSite === 'string' ? (capitalized(sameSite) as 'Lax') : false
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase()
}

/** The options that are no koa-session's. */
function rest(options: KoaSessionOptions): SessionsOptions {
  const { sessions: _, ...others } = options
  return Object.fromEntries(
    Object.entries(others).filter(
      ([name, value]) => !(name in types) && name !== 'maxage' && value !== undefined,
    ),
  )
}
