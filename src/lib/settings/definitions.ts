import { REVOCATION_STORES } from '../engines/names.js'
import * as cookie from './cookie-kinds.js'
import { choice, flag, type Kind, optional, share, text, texts, wholeNumber } from './kinds.js'
import * as lifetime from './lifetime-kinds.js'
import * as store from './store-kinds.js'

/** All there is to know about one setting. */
export interface Definition<T> extends Kind<T> {
  /** Its name in files and in the environment. */
  readonly name: string
  /** Whether Django's spelling, with `SESSION_` before the name, is understood too. */
  readonly django?: true
  /** Other spellings in code. */
  readonly keys?: readonly string[]
  readonly default: T
  /** Whether empty text, or `null` in a file, stands for the default. */
  readonly mayBeEmpty?: true
  /** One line for people. */
  readonly meaning: string
  /** What nobody may see: the value, or the password in a URL. */
  readonly secret?: 'value' | 'password'
}

const define = <T>(kind: Kind<T>, rest: Omit<Definition<NoInfer<T>>, keyof Kind<T>>): Definition<T> => ({
  ...kind,
  ...rest,
})

/** Every setting, under its name in code. Types, messages and `npm run settings` are made from this. */
export const definitions = {
  engine: define(store.engine, {
    name: 'SESSION_ENGINE',
    default: 'db',
    meaning: 'where sessions are kept: cache, db, cached_db, redis, file or signed_cookies',
  }),
  cookieAge: define(cookie.cookieAge, {
    name: 'COOKIE_AGE',
    django: true,
    default: 1_209_600,
    meaning: 'how long a session lives after its last save, in seconds',
  }),
  expireAtBrowserClose: define(flag, {
    name: 'EXPIRE_AT_BROWSER_CLOSE',
    django: true,
    default: false,
    meaning: 'whether the browser forgets the cookie when it closes',
  }),
  saveEveryRequest: define(flag, {
    name: 'SAVE_EVERY_REQUEST',
    django: true,
    default: false,
    meaning: 'whether every request, and not only a change, makes the session live longer',
  }),
  idleTimeout: define<number | undefined>(optional(lifetime.timeout), {
    name: 'IDLE_TIMEOUT',
    default: undefined,
    mayBeEmpty: true,
    meaning: 'how long a session lives after its last use, in seconds; unset: as long as COOKIE_AGE says',
  }),
  absoluteTimeout: define<number | undefined>(optional(lifetime.timeout), {
    name: 'ABSOLUTE_TIMEOUT',
    default: undefined,
    mayBeEmpty: true,
    meaning:
      'how long a session lives at the most after it began or its user logged in, in seconds; unset: no limit',
  }),
  touchAfter: define(share, {
    name: 'TOUCH_AFTER',
    default: 0.2,
    meaning: 'how much of IDLE_TIMEOUT has to pass before another use is written down, as a share of it',
  }),
  renewAfter: define<number | undefined>(optional(lifetime.timeout), {
    name: 'RENEW_AFTER',
    default: undefined,
    mayBeEmpty: true,
    meaning:
      'how old an id may grow before a session in use gets a new one, in seconds; unset: as old as the session',
  }),
  renewGrace: define(lifetime.grace, {
    name: 'RENEW_GRACE',
    default: 30,
    meaning: 'how long a renewed id still works for requests that were under way, in seconds',
  }),
  nestedChanges: define(choice(['compare', 'ignore']), {
    name: 'NESTED_CHANGES',
    default: 'compare',
    meaning: 'whether a change inside a stored object is noticed: compare, or ignore as Django does',
  }),
  cookieName: define(cookie.cookieName, {
    name: 'COOKIE_NAME',
    django: true,
    default: 'sessionid',
    meaning: 'the name of the cookie',
  }),
  cookiePath: define(cookie.cookiePath, {
    name: 'COOKIE_PATH',
    django: true,
    default: '/',
    meaning: 'the path under which browsers send the cookie',
  }),
  cookieDomain: define<string | undefined>(optional(cookie.cookieDomain), {
    name: 'COOKIE_DOMAIN',
    django: true,
    default: undefined,
    mayBeEmpty: true,
    meaning: 'the domain whose subdomains get the cookie too; without it, only the host that set it',
  }),
  cookieHttpOnly: define(flag, {
    name: 'COOKIE_HTTPONLY',
    django: true,
    keys: ['cookieHttponly'],
    default: true,
    meaning: 'whether scripts in the page cannot read the cookie',
  }),
  cookieSameSite: define(cookie.cookieSameSite, {
    name: 'COOKIE_SAMESITE',
    django: true,
    keys: ['cookieSamesite'],
    default: 'Lax',
    meaning: 'whether requests that another site caused bear the cookie',
  }),
  cookieSecure: define(cookie.cookieSecure, {
    name: 'COOKIE_SECURE',
    django: true,
    default: false,
    meaning: 'whether browsers send the cookie over HTTPS only; auto: if it was given over HTTPS',
  }),
  cookiePartitioned: define(flag, {
    name: 'COOKIE_PARTITIONED',
    default: false,
    meaning: 'whether browsers keep a cookie for each site that embeds this one (CHIPS)',
  }),
  cookiePriority: define<'Low' | 'Medium' | 'High' | undefined>(optional(cookie.cookiePriority), {
    name: 'COOKIE_PRIORITY',
    default: undefined,
    mayBeEmpty: true,
    meaning: 'which cookies Chrome gives up last where a site has too many: Low, Medium or High',
  }),
  secretKey: define<string | undefined>(optional(text({ right: '32 characters or more' })), {
    name: 'SECRET_KEY',
    default: undefined,
    mayBeEmpty: true,
    secret: 'value',
    meaning: 'the key that signs and seals',
  }),
  secretKeyFallbacks: define(texts, {
    name: 'SECRET_KEY_FALLBACKS',
    default: [],
    mayBeEmpty: true,
    secret: 'value',
    meaning: 'earlier keys: what they signed is still valid, nothing new is signed with them',
  }),
  databaseUrl: define(store.databaseUrl, {
    name: 'DATABASE_URL',
    default: 'sqlite:var/sessions.sqlite',
    secret: 'password',
    meaning: 'the database of the db engine',
  }),
  databaseTable: define(store.databaseName, {
    name: 'DATABASE_TABLE',
    default: 'tessera_sessions',
    meaning: 'the table of the db engine',
  }),
  databaseSchema: define<string | undefined>(optional(store.databaseName), {
    name: 'DATABASE_SCHEMA',
    default: undefined,
    mayBeEmpty: true,
    meaning: 'the PostgreSQL schema that holds the table; unset: the schema of the connection',
  }),
  redisUrl: define(store.redisUrl, {
    name: 'REDIS_URL',
    default: 'redis://127.0.0.1:6379',
    secret: 'password',
    meaning: 'the Redis server',
  }),
  filePath: define(store.path, {
    name: 'SESSION_FILE_PATH',
    default: 'var/sessions',
    meaning: 'the directory for sessions kept in files',
  }),
  cacheMaxSessions: define(
    wholeNumber({ min: 1, max: 10_000_000, right: 'a whole number of sessions from 1 to 10000000' }),
    {
      name: 'CACHE_MAX_SESSIONS',
      default: 10_000,
      meaning: 'how many sessions the cache engine holds; the one unused for longest gives way',
    },
  ),
  cacheTtl: define(
    wholeNumber({ min: 0, max: 86_400, right: 'whole seconds from 0 (always ask the database) to 86400' }),
    {
      name: 'CACHE_TTL',
      default: 5,
      meaning:
        'how long the cached_db engine may answer from memory what another process has changed, in seconds',
    },
  ),
  cleanupInterval: define(
    wholeNumber({ min: 0, max: 2_000_000, right: 'whole seconds from 0 (never) to 2000000' }),
    {
      name: 'CLEANUP_INTERVAL',
      default: 3600,
      meaning: 'how often expired sessions are removed from the store, in seconds; 0 for never',
    },
  ),
  cookieCodec: define(choice(['sealed', 'signed']), {
    name: 'COOKIE_CODEC',
    default: 'sealed',
    meaning: 'how the signed_cookies engine writes the session: sealed (encrypted) or signed (readable)',
  }),
  codec: define(choice(['json', 'sealed']), {
    name: 'CODEC',
    default: 'json',
    meaning: 'how records stand in a store: json (readable) or sealed (encrypted with SECRET_KEY)',
  }),
  revocationStore: define(choice(REVOCATION_STORES), {
    name: 'REVOCATION_STORE',
    default: 'none',
    meaning:
      'where signed_cookies remembers which users were logged out everywhere: cache, db, redis, file, or none',
  }),
  maxSessionsPerUser: define(
    wholeNumber({ min: 0, max: 10_000, right: 'a whole number of sessions from 0 (any number) to 10000' }),
    {
      name: 'MAX_SESSIONS_PER_USER',
      default: 0,
      meaning: 'how many sessions one user may have at the same time; 0 for any number',
    },
  ),
  maxSessionsPolicy: define(choice(['evict-oldest', 'refuse-new']), {
    name: 'MAX_SESSIONS_POLICY',
    default: 'evict-oldest',
    meaning:
      'what happens to a log-in that is one too many: evict-oldest ends the oldest, refuse-new refuses it',
  }),
  keyPrefix: define(store.keyPrefix, {
    name: 'KEY_PREFIX',
    default: 'keyv',
    meaning: 'the Keyv namespace of the records; one per application where several share a store',
  }),
  engineTimeout: define(
    wholeNumber({ min: 1, max: 60_000, right: 'whole milliseconds from 1 to 60000 (one minute)' }),
    {
      name: 'ENGINE_TIMEOUT',
      default: 2000,
      meaning: 'how long a store may take to answer before the request gets a 503, in milliseconds',
    },
  ),
  port: define(wholeNumber({ min: 0, max: 65_535, right: 'a port from 0 (any free one) to 65535' }), {
    name: 'PORT',
    default: 3000,
    meaning: 'the port of the demo server',
  }),
  host: define(text({ right: 'an address or host name, such as 127.0.0.1' }), {
    name: 'HOST',
    default: '127.0.0.1',
    meaning: 'the address of the demo server; 0.0.0.0 serves every network',
  }),
  trustProxy: define(flag, {
    name: 'TRUST_PROXY',
    default: false,
    meaning: 'whether the demo server believes the X-Forwarded headers of a proxy in front of it',
  }),
  showInternals: define<boolean | undefined>(optional(flag), {
    name: 'SHOW_INTERNALS',
    default: undefined,
    mayBeEmpty: true,
    meaning: 'whether the demos show what happens under the hood; unset: everywhere but in production',
  }),
  metrics: define<boolean | undefined>(optional(flag), {
    name: 'METRICS',
    default: undefined,
    mayBeEmpty: true,
    meaning:
      'whether the demo server answers /metrics to everybody; unset: to this machine only, in production to nobody',
  }),
  logLevel: define(choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), {
    name: 'LOG_LEVEL',
    default: 'info',
    meaning: 'the least important messages that the demo server still logs',
  }),
}

export type SettingKey = keyof typeof definitions

/** One setting of the table, whatever its type. */
export interface Setting extends Definition<unknown> {
  readonly key: SettingKey
}

const isKey = (key: string): key is SettingKey => key in definitions

/** The table as a list, in its order. */
export const settingList: readonly Setting[] = Object.keys(definitions)
  .filter(isKey)
  .map((key) => ({ ...definitions[key], key }))
