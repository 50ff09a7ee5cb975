import { type EngineName, REVOCATION_STORES } from '../engines/names.js'
import { choice, flag, type Kind, optional, share, text, texts, wholeNumber } from './kinds.js'
import { twinsOf } from './move-from.js'
import * as session from './session-kinds.js'
import type { MovedSetting, SettingKey, Settings, TwinOf } from './settings.js'

/** One setting: its kind, and what else there is to know about it. */
export interface Definition<T> extends Kind<T> {
  /** Its name in files and in the environment. */
  readonly name: string
  readonly default: T
  /** The default in production, if that is another one. */
  readonly production?: { readonly value: T }
  /** What the setting decides, in one line for tables. */
  readonly meaning: string
}

/** Settings that an application adds to those of its sessions, under their names in code. */
export type OwnDefinitions = Readonly<Record<string, Definition<unknown>>>

/** The values of added settings. */
export type OwnValues<Own extends OwnDefinitions> = {
  readonly [Key in keyof Own]: Own[Key] extends Definition<infer T> ? T : never
}

/** A setting, of a kind: `setting(kinds.flag, { name: 'TRUST_PROXY', default: false, meaning: '…' })`. */
export function setting<T>(kind: Kind<T>, rest: Omit<Definition<NoInfer<T>>, keyof Kind<T>>): Definition<T> {
  return { ...kind, ...rest }
}

interface SessionDefinition<T> extends Definition<T> {
  /** Whether Django's spelling, with `SESSION_` before the name, is understood too. */
  readonly django?: true
  /** Other spellings in code. */
  readonly keys?: readonly string[]
  /** The engines that use it. Where none of these is chosen, a wrong value is somebody else's and does not count. */
  readonly usedBy?: readonly EngineName[]
}

function define<T>(
  kind: Kind<T>,
  rest: Omit<SessionDefinition<NoInfer<T>>, keyof Kind<T>>,
): SessionDefinition<T> {
  return { ...kind, ...rest }
}

/**
 * Every setting of the sessions, under its name in code. Layers, messages and `koa-tessera settings` are made from this. The
 * type says that each member of `Settings` is here, with its own type.
 */
const original: {
  readonly [Key in Exclude<SettingKey, TwinOf<MovedSetting>>]: SessionDefinition<Settings[Key]>
} = {
  engine: define(session.engine, {
    name: 'SESSION_ENGINE',
    default: 'db',
    meaning: 'where sessions are kept: cache, db, cached_db, redis, file or signed_cookies',
  }),
  cookieAge: define(session.cookieAge, {
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
  idleTimeout: define(session.timeout, {
    name: 'IDLE_TIMEOUT',
    default: undefined,
    production: { value: 1800 },
    meaning: 'how long a session lives after its last use, in seconds; unset: as long as COOKIE_AGE says',
  }),
  absoluteTimeout: define(session.timeout, {
    name: 'ABSOLUTE_TIMEOUT',
    default: undefined,
    production: { value: 28_800 },
    meaning:
      'how long a session lives at most after it began or its user logged in, in seconds; unset: no limit',
  }),
  touchAfter: define(share, {
    name: 'TOUCH_AFTER',
    default: 0.2,
    meaning: 'the share of IDLE_TIMEOUT that has to pass before another use is written',
  }),
  renewAfter: define(session.timeout, {
    name: 'RENEW_AFTER',
    default: undefined,
    meaning:
      'how old an id may get before a session in use is given a new one, in seconds; unset: as old as the session',
  }),
  renewGrace: define(wholeNumber({ min: 0, max: 60, right: 'whole seconds from 0 to 60' }), {
    name: 'RENEW_GRACE',
    default: 30,
    meaning: 'how long a renewed id still works for requests that were under way, in seconds',
  }),
  nestedChanges: define(choice(['compare', 'ignore']), {
    name: 'NESTED_CHANGES',
    default: 'compare',
    meaning: 'whether a change inside a stored object is noticed: compare, or ignore as Django does',
  }),
  cookieName: define(session.cookieName, {
    name: 'COOKIE_NAME',
    django: true,
    default: 'sessionid',
    production: { value: '__Host-sessionid' },
    meaning: 'the name of the cookie',
  }),
  cookiePath: define(session.cookiePath, {
    name: 'COOKIE_PATH',
    django: true,
    default: '/',
    meaning: 'the path under which browsers send the cookie',
  }),
  cookieDomain: define(session.cookieDomain, {
    name: 'COOKIE_DOMAIN',
    django: true,
    default: undefined,
    meaning: 'the domain whose subdomains get the cookie too; unset: only the host that set it',
  }),
  cookieHttpOnly: define(flag, {
    name: 'COOKIE_HTTPONLY',
    django: true,
    keys: ['cookieHttponly'],
    default: true,
    meaning: 'whether scripts in the page cannot read the cookie',
  }),
  cookieSameSite: define(session.cookieSameSite, {
    name: 'COOKIE_SAMESITE',
    django: true,
    keys: ['cookieSamesite'],
    default: 'Lax',
    meaning: 'whether the cookie comes with requests that another site caused',
  }),
  cookieSecure: define(session.cookieSecure, {
    name: 'COOKIE_SECURE',
    django: true,
    default: false,
    production: { value: true },
    meaning: 'whether browsers send the cookie over HTTPS only; auto: if it was given over HTTPS',
  }),
  cookiePartitioned: define(flag, {
    name: 'COOKIE_PARTITIONED',
    default: false,
    meaning: 'whether browsers keep a cookie for each site that embeds this one (CHIPS)',
  }),
  cookiePriority: define(session.cookiePriority, {
    name: 'COOKIE_PRIORITY',
    default: undefined,
    meaning: 'which cookies Chrome gives up last where a site has too many: Low, Medium or High',
  }),
  secretKey: define(optional(text({ right: '32 characters or more' })), {
    name: 'SECRET_KEY',
    default: undefined,
    meaning: 'the key that signs and seals',
  }),
  secretKeyFallbacks: define(texts, {
    name: 'SECRET_KEY_FALLBACKS',
    default: [],
    meaning: 'earlier keys: what they signed is still valid, nothing new is signed with them',
  }),
  databaseUrl: define(session.databaseUrl, {
    name: 'DATABASE_URL',
    usedBy: ['db', 'cached_db'],
    default: 'sqlite:var/sessions.sqlite',
    meaning: 'the database of the db engine',
  }),
  databaseTable: define(session.databaseName, {
    name: 'DATABASE_TABLE',
    usedBy: ['db', 'cached_db'],
    default: 'tessera_sessions',
    meaning: 'the table of the db engine',
  }),
  databaseSchema: define(optional(session.databaseName), {
    name: 'DATABASE_SCHEMA',
    usedBy: ['db', 'cached_db'],
    default: undefined,
    meaning: 'the PostgreSQL schema that holds the table; unset: the schema of the connection',
  }),
  redisUrl: define(session.redisUrl, {
    name: 'REDIS_URL',
    usedBy: ['redis'],
    default: 'redis://127.0.0.1:6379',
    meaning: 'the Redis server',
  }),
  filePath: define(session.path, {
    name: 'SESSION_FILE_PATH',
    usedBy: ['file'],
    default: 'var/sessions',
    meaning: 'the directory for sessions kept in files',
  }),
  cacheMaxSessions: define(
    wholeNumber({ min: 1, max: 10_000_000, right: 'a whole number of sessions from 1 to 10000000' }),
    {
      name: 'CACHE_MAX_SESSIONS',
      usedBy: ['cache', 'cached_db'],
      default: 10_000,
      meaning: 'how many sessions the cache engine holds; when it is full, anonymous ones are forgotten',
    },
  ),
  cacheTtl: define(
    wholeNumber({ min: 0, max: 86_400, right: 'whole seconds from 0 (always ask the database) to 86400' }),
    {
      name: 'CACHE_TTL',
      usedBy: ['cached_db'],
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
  cookieCodec: define(choice(['sealed', 'signed', 'django']), {
    name: 'COOKIE_CODEC',
    usedBy: ['signed_cookies'],
    default: 'sealed',
    meaning:
      "how the signed_cookies engine writes the session: sealed (encrypted), signed (readable) or django (Django's)",
  }),
  codec: define(choice(['json', 'sealed', 'django']), {
    name: 'CODEC',
    default: 'json',
    meaning:
      "how records stand in a store: json (readable), sealed (encrypted with SECRET_KEY) or django (in Django's own table)",
  }),
  plainRecordsUntil: define(session.moment, {
    name: 'PLAIN_RECORDS_UNTIL',
    default: undefined,
    meaning:
      'with CODEC=sealed: the moment until which records that are not sealed yet are read; unset: they count as missing',
  }),
  sealedSince: define(session.moment, {
    name: 'SEALED_SINCE',
    default: undefined,
    meaning:
      'with PLAIN_RECORDS_UNTIL: the moment of the switch; sessions that began later must be sealed; unset: the start of this process',
  }),
  djangoTimeZone: define(optional(session.timeZone), {
    name: 'DJANGO_TIME_ZONE',
    default: undefined,
    meaning: 'beside Django with USE_TZ=False: its TIME_ZONE, UTC too; unset: USE_TZ=True',
  }),
  revocationStore: define(choice(REVOCATION_STORES), {
    name: 'REVOCATION_STORE',
    usedBy: ['signed_cookies'],
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
  keyPrefix: define(session.keyPrefix, {
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
  moveFrom: define(optional(session.engine), {
    name: 'MOVE_FROM',
    default: undefined,
    meaning: 'the engine that sessions are moved from while requests run; unset: nothing is moved',
  }),
  moveStep: define(choice(['prepare', 'move']), {
    name: 'MOVE_STEP',
    default: 'move',
    meaning:
      'with MOVE_FROM: prepare (use the old engine, understand what others move), then, when all processes do, move',
  }),
}

const { engineTimeout, ...others } = original

const definitions: { readonly [Key in SettingKey]: SessionDefinition<Settings[Key]> } = {
  ...others,
  ...twinsOf(original),
  engineTimeout,
}

/** What stands before the key of an application's own setting. */
export const OWN = 'own.'

/** One setting, whatever its type. `key` is its name in code; for one of an application's own, with `own.` before it. */
export interface Setting extends SessionDefinition<unknown> {
  readonly key: string
}

/** The sessions' settings, in the order of the documentation. */
export const sessionSettings: readonly Setting[] = Object.entries(definitions).map(([key, definition]) => ({
  ...definition,
  key,
}))

/** The session's setting that has this name in code. */
export function settingOf(key: SettingKey): Setting {
  return { ...definitions[key], key }
}

/**
 * The sessions' settings and an application's own.
 *
 * @throws TypeError if one of its own has a name that the sessions have.
 */
export function settingsWith(own: OwnDefinitions): readonly Setting[] {
  const added = Object.entries(own).map(([key, definition]) => ({ ...definition, key: `${OWN}${key}` }))
  const taken = sessionSettings.flatMap(({ name, django }) => (django ? [name, `SESSION_${name}`] : [name]))
  const twice = added.find(({ name }) => taken.includes(name))
  if (twice !== undefined)
    throw new TypeError(
      `${twice.key} cannot be named ${twice.name}: the sessions have a setting of that name`,
    )
  return [...sessionSettings, ...added]
}
