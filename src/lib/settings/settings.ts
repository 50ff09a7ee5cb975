import type { EngineName, ModulePath, RevocationStore } from '../engines/names.js'

/** The environment where nobody named one. */
export const DEFAULT_ENVIRONMENT = 'development'

/** Settings that were checked: complete, and frozen. `definitions.ts` says how each is given, and must agree. */
export interface Settings {
  /** The environment: what NODE_ENV says, else `development`. In `production` some defaults are stricter. */
  readonly environment: string
  /**
   * What was given but has no effect, or hardly the effect that was meant, as sentences. `openSessions` logs them.
   * Default: none.
   */
  readonly warnings: readonly string[]
  /** The settings that the application has added with `loadSettings({ own })`. The sessions do not use them. */
  readonly own: object

  /**
   * Where sessions are kept: `cache` (memory of this process), `db` (SQLite, PostgreSQL, MariaDB, MySQL), `cached_db`
   * (the same, with memory in front), `redis`, `file`, `signed_cookies` (the cookie itself), or the path of a module
   * that exports an engine, such as `./my-engine.js`. Default: `db`.
   */
  readonly engine: EngineName | ModulePath

  /**
   * How long a session lives after its last save, in seconds: 1 to 34560000 (400 days, the longest that browsers keep
   * a cookie). Default: 1209600 (two weeks).
   */
  readonly cookieAge: number
  /**
   * Whether the browser forgets the cookie when it closes. The server still ends the session after `cookieAge`. Default:
   * false.
   */
  readonly expireAtBrowserClose: boolean
  /**
   * Whether every request that opens the session makes it live for `cookieAge` longer; else only a change does. It costs
   * a write and a cookie a request. Default: false.
   */
  readonly saveEveryRequest: boolean
  /**
   * How long a session lives after its last use, in seconds, beside `cookieAge`; the earliest end counts. It costs a
   * write now and then (`touchAfter`). Default: none; in production 1800 (half an hour).
   */
  readonly idleTimeout: number | undefined
  /**
   * How long a session lives at most after it began or its user logged in, in seconds, however much it is used. It costs
   * nothing. Default: none; in production 28800 (eight hours).
   */
  readonly absoluteTimeout: number | undefined
  /**
   * The share of `idleTimeout` that has to pass before another use is written, from 0 to less than 1. A session may end
   * earlier by this share. Less means more writes; 0 is a write for each use. Default: 0.2.
   */
  readonly touchAfter: number
  /**
   * How old an id may get before a session in use is given a new one, in seconds. It costs a write for each new id.
   * Default: none, an id changes at log-in only.
   */
  readonly renewAfter: number | undefined
  /**
   * How long an id that was renewed still works, for requests that were under way, in seconds: 0 to 60. More gives a
   * stolen id more time. Default: 30.
   */
  readonly renewGrace: number
  /**
   * Whether a change inside a stored object is noticed: `compare` does, by comparing all data at the end of a request;
   * `ignore` saves only what was set, as Django does. `compare` costs time that grows with the session. Default:
   * `compare`.
   */
  readonly nestedChanges: 'compare' | 'ignore'

  /**
   * The name of the cookie. `__Host-` before it makes browsers keep it only from this very host over HTTPS. Default:
   * `sessionid`; in production `__Host-sessionid`.
   */
  readonly cookieName: string
  /** The path under which browsers send the cookie. It keeps no other path's pages out. Default: `/`. */
  readonly cookiePath: string
  /**
   * The domain whose subdomains get the cookie too, such as `example.com`. Any of them can then read and replace it.
   * Default: none, only the host that set the cookie.
   */
  readonly cookieDomain: string | undefined
  /** Whether scripts in a page cannot read the cookie. Default: true. */
  readonly cookieHttpOnly: boolean
  /**
   * Whether the cookie comes with requests that another site caused: `Lax` for links only, `Strict` for none, `None` for
   * all (with `cookieSecure: true`), false for a cookie without the attribute. Default: `Lax`.
   */
  readonly cookieSameSite: 'Lax' | 'Strict' | 'None' | false
  /**
   * Whether browsers send the cookie over HTTPS only. `auto`: if the request came over HTTPS, which behind a proxy needs
   * `app.proxy = true`. Default: false; in production true.
   */
  readonly cookieSecure: boolean | 'auto'
  /** Whether browsers keep a cookie for each site that embeds this one (CHIPS). Default: false. */
  readonly cookiePartitioned: boolean
  /** Which cookies Chrome gives up last where a site has too many. Default: none. */
  readonly cookiePriority: 'Low' | 'Medium' | 'High' | undefined

  /**
   * The key that signs and seals, a secret: 32 characters or more that nobody can guess. `signed_cookies` and
   * `codec: 'sealed'` need one. Default: none.
   */
  readonly secretKey: string | undefined
  /** Earlier keys: what they signed is still valid, nothing new is signed with them. Default: none. */
  readonly secretKeyFallbacks: readonly string[]

  /**
   * The database of `db` and `cached_db`: `sqlite:path`, `postgres://user:password@host/database` or
   * `mysql://user:password@host/database`. A relative path begins in the working directory of the start. Default:
   * `sqlite:var/sessions.sqlite`.
   */
  readonly databaseUrl: string
  /** The table of `db` and `cached_db`. Default: `tessera_sessions`. */
  readonly databaseTable: string
  /** The PostgreSQL schema that holds the table. Default: none, the schema of the connection. */
  readonly databaseSchema: string | undefined
  /**
   * The server of `redis`: `redis://user:password@host:port/database`, `rediss:` for TLS; several with commas for a
   * cluster; `redis+sentinel://host,host/name-of-the-primary`. Default: `redis://127.0.0.1:6379`.
   */
  readonly redisUrl: string
  /**
   * The directory of `file`. A relative path begins in the working directory of the start. Default: `var/sessions`.
   */
  readonly filePath: string
  /**
   * How many sessions `cache` holds, and `cached_db` in memory: 1 to 10000000. More needs more memory. Default: 10000.
   */
  readonly cacheMaxSessions: number
  /**
   * How long `cached_db` may answer from memory what another process has changed, in seconds: 0 to 86400. Less means
   * more reads of the database; 0 is one for each request. Default: 5.
   */
  readonly cacheTtl: number
  /**
   * How often expired sessions are removed from the store, in seconds; 0 for never. Of several processes on one store
   * one does it. Default: 3600.
   */
  readonly cleanupInterval: number
  /**
   * How `signed_cookies` writes a session: `sealed` (encrypted), `signed` (the visitor can read it), or `django` (as Django's
   * `signed_cookies`, so that both serve the same sessions; `secretKey` is Django's). Default: `sealed`.
   */
  readonly cookieCodec: 'sealed' | 'signed' | 'django'
  /**
   * How records stand in a store: `json` (readable) or `sealed` (encrypted with `secretKey`). Records of the other kind
   * count as missing. `django`, with the engines `db` and `file`: in Django's own table or files, as Django writes them, so that both serve the
   * same sessions; `secretKey` is Django's. Default: `json`.
   */
  readonly codec: 'json' | 'sealed' | 'django'
  /**
   * With `codec: 'sealed'`: the moment until which records that are not sealed yet are read, if their session began before
   * `sealedSince`. A day or a moment, as ISO 8601. Each is sealed when it is next written, or by `koa-tessera move`. Until
   * then whoever can write to the store can plant a session. Default: none, they count as missing.
   */
  readonly plainRecordsUntil: string | undefined
  /**
   * With `plainRecordsUntil`: the moment when the last process stopped writing records that are not sealed; it may lie
   * ahead. A session that began later must be sealed. Default: none, the start of this process.
   */
  readonly sealedSince: string | undefined
  /**
   * With `codec: 'django'` or `cookieCodec: 'django'`: the `TIME_ZONE` of a Django with `USE_TZ=False`, whatever its database;
   * `UTC` too is to be given then. Such a Django writes local times. Default: none, right for `USE_TZ=True`.
   */
  readonly djangoTimeZone: string | undefined
  /**
   * The engine in which `signed_cookies` remembers which users were logged out everywhere. It costs a read for each
   * request of a logged-in user. Default: `none`, a cookie is good until it expires.
   */
  readonly revocationStore: RevocationStore
  /** How many sessions one user may have at the same time: 0 to 10000; 0 for any number. Default: 0. */
  readonly maxSessionsPerUser: number
  /**
   * What happens at a log-in that is one too many: `evict-oldest` ends the oldest session, `refuse-new` throws
   * `TooManySessions`. Default: `evict-oldest`.
   */
  readonly maxSessionsPolicy: 'evict-oldest' | 'refuse-new'
  /**
   * What stands before each key in a store, and keeps apart several applications that share one. Default: `keyv`.
   */
  readonly keyPrefix: string
  /**
   * The engine that sessions are moved from, while requests run: a session that is not in `engine` is looked for there and
   * moved, once. Any engine on a store but `cache`. Default: none, nothing is moved.
   */
  readonly moveFrom: EngineName | ModulePath | undefined
  /**
   * What this process does while sessions move. `prepare`: it goes on using the engine that sessions are moved from, and
   * understands what others have moved. `move`: it uses the new engine, and moves what it finds in the old one. Where
   * several processes serve, all of them have to run `prepare` before the first one runs `move`. Default: `move`.
   */
  readonly moveStep: 'prepare' | 'move'
  /** As `databaseUrl`, of the engine that sessions are moved from. Default: none, as there. */
  readonly moveFromDatabaseUrl: string | undefined
  /** As `databaseTable`, of the engine that sessions are moved from. Default: none, as there. */
  readonly moveFromDatabaseTable: string | undefined
  /** As `databaseSchema`, of the engine that sessions are moved from. Default: none, as there. */
  readonly moveFromDatabaseSchema: string | undefined
  /** As `redisUrl`, of the engine that sessions are moved from. Default: none, as there. */
  readonly moveFromRedisUrl: string | undefined
  /** As `filePath`, of the engine that sessions are moved from. Default: none, as there. */
  readonly moveFromFilePath: string | undefined
  /** As `codec`, of the engine that sessions are moved from. Default: none, as there. */
  readonly moveFromCodec: Settings['codec'] | undefined
  /** As `keyPrefix`, of the engine that sessions are moved from. Default: none, as there. */
  readonly moveFromKeyPrefix: string | undefined
  /** As `secretKey`, of the engine that sessions are moved from: what is sealed there. Default: none, as there. */
  readonly moveFromSecretKey: string | undefined

  /**
   * How long a store may take to answer before the request gets a 503, in milliseconds: 1 to 60000. Default: 2000.
   */
  readonly engineTimeout: number
}

/** A setting of an engine that has a twin for the engine that sessions are moved from. */
export type MovedSetting =
  | 'databaseUrl'
  | 'databaseTable'
  | 'databaseSchema'
  | 'redisUrl'
  | 'filePath'
  | 'codec'
  | 'keyPrefix'
  | 'secretKey'

/** All of them, in the order of the documentation. */
export const MOVED_SETTINGS = Object.keys({
  databaseUrl: 0,
  databaseTable: 0,
  databaseSchema: 0,
  redisUrl: 0,
  filePath: 0,
  codec: 0,
  keyPrefix: 0,
  secretKey: 0,
} satisfies Record<MovedSetting, 0>) as readonly MovedSetting[]

/** The name in code of the twin. */
export type TwinOf<Key extends MovedSetting> = `moveFrom${Capitalize<Key>}`

/** The engine that sessions are moved from, as somebody writes it in code. What is left out is as in the new one. */
export type MoveFrom = {
  readonly [Key in MovedSetting]?: Settings[Key] | undefined
} & {
  /** By its name, or by the path of a module that exports it. */
  readonly engine: EngineName | ModulePath
}

/** The settings that have a definition. */
export type SettingKey = Exclude<keyof Settings, 'environment' | 'warnings' | 'own'>

/**
 * Settings as somebody writes them in code. `undefined` counts as not given; `null` means none, where that is one of
 * the values.
 */
export type SettingsOptions = {
  readonly [Key in Exclude<keyof Settings, 'moveFrom'>]?:
    | Settings[Key]
    | (undefined extends Settings[Key] ? null : never)
    | undefined
} & {
  /** The engine that sessions are moved from, by its name or with its settings: `{ engine: 'file', filePath: 'old' }`. */
  readonly moveFrom?: Settings['moveFrom'] | MoveFrom | null | undefined
  /** The same as `cookieHttpOnly`. */
  readonly cookieHttponly?: Settings['cookieHttpOnly'] | undefined
  /** The same as `cookieSameSite`. */
  readonly cookieSamesite?: Settings['cookieSameSite'] | undefined
}
