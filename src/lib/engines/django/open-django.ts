import { momentsIn } from '../../codecs/django/moments.js'
import type { DictTools } from '../../codecs/django/session-dict.js'
import { RecentDicts } from '../../codecs/django/signed-dicts.js'
import { COOKIE_SALT, DjangoSigner, SESSION_SALT } from '../../codecs/django/signing.js'
import type { Logger } from '../../logger.js'
import { openDjangoTable } from '../db/django.js'
import type { Engine, EngineTools } from '../engine.js'
import { type DjangoFilesOptions, openDjangoFiles } from '../file/django-files.js'
import { type SecretKeyOptions, secretKeysOf } from '../secret-keys.js'
import { type CookieRules, DjangoCookies } from './django-cookies.js'
import { DjangoEngine } from './django-engine.js'

export interface DjangoOptions extends SecretKeyOptions {
  readonly databaseUrl: string
  readonly databaseSchema?: string | undefined
  /** Milliseconds. */
  readonly engineTimeout: number
  /** Of a Django with `USE_TZ=False`: its `TIME_ZONE`. Otherwise none. */
  readonly djangoTimeZone?: string | undefined
}

const CONDITIONS =
  'sessions are shared with Django: ids stand in the table as they are in cookies, and lists of a user’s sessions, ' +
  'new ids by RENEW_AFTER and the mark of a session that moved are not possible there (docs/django.md)'

/**
 * The `db` engine on Django's own table.
 *
 * @throws EngineUnavailable if the database cannot be used. @throws EngineMisconfigured if it has no such table, or there is
 * no key.
 */
export async function openDjangoDb(options: DjangoOptions, { clock, logger }: EngineTools): Promise<Engine> {
  const tools = dictTools(options, logger, SESSION_SALT, 'CODEC=django')
  const store = await openDjangoTable({ ...options, moments: tools.moments, logger })
  logger.warn({ engine: 'db' }, CONDITIONS)
  return new DjangoEngine({ name: 'db', store, tools, clock, logger })
}

/**
 * The `file` engine on the files of Django's own.
 *
 * @throws EngineUnavailable if the directory cannot be used. @throws EngineMisconfigured without a key.
 */
export async function openDjangoFile(
  options: DictOptions & CookieOptions & Omit<DjangoFilesOptions, 'tools' | 'cookieAge'>,
  { clock, logger }: EngineTools,
): Promise<Engine> {
  const { cookieAge = DJANGOS_AGE } = options
  const tools = dictTools(options, logger, SESSION_SALT, 'CODEC=django')
  const store = await openDjangoFiles({ ...options, cookieAge, tools })
  logger.warn({ engine: 'file' }, `${CONDITIONS}; ${FILE_RACE}`)
  return new DjangoEngine({ name: 'file', store, tools, clock, logger })
}

const FILE_RACE =
  'Django’s file backend knows no lock: what one side writes while the other saves the same session can be lost'

const COOKIE_CONDITIONS =
  'sessions in cookies are shared with Django: they can be read by whoever has them, and none can be ended before its time ' +
  '(docs/django.md)'

/**
 * The `signed_cookies` engine, with Django's cookies.
 *
 * @throws EngineMisconfigured without a key.
 */
export async function openDjangoCookies(
  options: DictOptions & CookieOptions & Omit<CookieRules, 'cookieAge'>,
  { clock, logger }: EngineTools,
): Promise<Engine> {
  const { cookieName, cookieAge = DJANGOS_AGE } = options
  const rules = { ...options, cookieAge }
  const tools = dictTools(options, logger, COOKIE_SALT, 'COOKIE_CODEC=django')
  logger.warn({ engine: 'signed_cookies' }, COOKIE_CONDITIONS)
  return new DjangoCookies({ cookieName, rules, tools, clock })
}

type DictOptions = SecretKeyOptions & Pick<DjangoOptions, 'djangoTimeZone'>

const NO_ZONE =
  'a session ends at a local time, so Django has USE_TZ=False: until DJANGO_TIME_ZONE is its TIME_ZONE, that time counts as one ' +
  'in UTC, and Django cannot save a session whose end is set here at a moment (docs/django.md)'

/** `user`: who needs the key, for the message. @throws EngineMisconfigured without one. */
function dictTools(options: DictOptions, logger: Logger, salt: string, user: string): DictTools {
  const signer = new DjangoSigner(salt, secretKeysOf(options, user))
  let isTold = false
  const tellOnce = (): void => {
    if (!isTold) logger.warn({}, NO_ZONE)
    isTold = true
  }
  return { signer, moments: momentsIn(options.djangoTimeZone, tellOnce), recent: new RecentDicts() }
}

/** Two weeks, in seconds. */
const DJANGOS_AGE = 1_209_600

interface CookieOptions {
  readonly cookieName: string
  /** How old a cookie may be, in seconds. Default: two weeks. */
  readonly cookieAge?: number
}
