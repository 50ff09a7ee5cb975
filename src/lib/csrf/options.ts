import { inspect } from 'node:util'
import type { Context } from 'koa'
import { type Keys, keysFor } from '../codecs/keys.js'
import { isObject } from '../codecs/record.js'
import { GOOD_KEY, weaknessesOf } from '../codecs/secret-key.js'
import { consoleLogger, type Logger } from '../logger.js'
import { COOKIE_NAME, COOKIE_PATH } from '../middleware/cookie.js'

/** Where the token travels; the names are Django's. */
export const CSRF_COOKIE = 'csrftoken'
export const CSRF_FIELD = 'csrfmiddlewaretoken'
export const CSRF_HEADER = 'X-CSRFToken'

/** What `csrf` takes. */
export interface CsrfOptions {
  /** Signs the tokens. Give the `secretKey` of the settings: what it signs here is valid nowhere else. */
  readonly secretKey: string | undefined
  /** Earlier keys, whose tokens are still accepted. Default: none. */
  readonly secretKeyFallbacks?: readonly string[] | undefined
  /**
   * Other origins whose pages may send forms here, each exactly as a browser writes it: `https://shop.example`,
   * `https://shop.example:8443`. Default: none.
   */
  readonly trustedOrigins?: readonly string[] | undefined
  /**
   * Requests that are not checked: paths, each exactly as in `ctx.path`, or a function that returns true. For requests
   * that no browser sends and that prove in another way who sent them, such as a webhook with a signature. Default: none.
   */
  readonly exempt?: readonly string[] | ((ctx: Context) => boolean) | undefined
  /** `log`: what would be refused passes, with a warning for each. Default: `enforce`. */
  readonly mode?: 'enforce' | 'log' | undefined
  /** Gets the warnings. Default: the console. */
  readonly logger?: Logger | undefined
  /** In `production` a key that can be guessed is refused; elsewhere it is a warning. Default: what NODE_ENV says. */
  readonly environment?: string | undefined
  /**
   * The cookie with the token. Default: `__Host-csrftoken` where the session's cookie always has `Secure`, as it has in
   * production, and `cookiePath` is `/`; else `csrftoken`. The prefix keeps sibling domains from planting a token.
   */
  readonly cookieName?: string | undefined
  /** Default: `/`. */
  readonly cookiePath?: string | undefined
  /**
   * Whether view engines that copy `ctx.state`, as nearly all do, copy the token with it. Then every page that they
   * render reads the token: it varies with the cookie and, the first time, sets it. With false a handler passes it to the
   * pages that need it: `ctx.render('form', { csrfToken: ctx.state.csrfToken })`. Default: true.
   */
  readonly inEveryView?: boolean | undefined
  /** The session to which tokens are bound: its `property` on `ctx`. Default: `session`. */
  readonly property?: string | undefined
}

/** The options, checked and complete. */
export interface CsrfRules {
  readonly keys: Keys
  readonly trustedOrigins: ReadonlySet<string>
  readonly isExempt: (ctx: Context) => boolean
  readonly enforces: boolean
  readonly logger: Logger
  /** `undefined`: {@link csrfCookieName} chooses. */
  readonly cookieName: string | undefined
  readonly cookiePath: string
  readonly inEveryView: boolean
  readonly property: string
}

/** The token's cookie where no option names it. `isSecure`: whether the session's cookie always has `Secure`. */
export function csrfCookieName(isSecure: boolean, path = '/'): string {
  return isSecure && path === '/' ? `__Host-${CSRF_COOKIE}` : CSRF_COOKIE
}

const KNOWN: readonly string[] = [
  'secretKey',
  'secretKeyFallbacks',
  'trustedOrigins',
  'exempt',
  'mode',
  'logger',
  'environment',
  'cookieName',
  'cookiePath',
  'inEveryView',
  'property',
] satisfies (keyof CsrfOptions)[]

const REMEDY =
  'It signs its tokens: call csrf({ secretKey }), with the secret key of your settings, 32 characters or more that nobody can guess.'

/** @throws TypeError that says which option is wrong, and what would be right. Never shows a key. */
export function checkCsrfOptions(options: CsrfOptions): CsrfRules {
  if (!isObject(options)) {
    const given =
      options === undefined
        ? 'without options'
        : `with ${typeof options === 'string' ? 'a string' : inspect(options, { depth: 0 })}`
    throw new TypeError(`csrf() was called ${given}. ${REMEDY}`)
  }
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) throw wrong(unknown, `is not an option. The options are ${KNOWN.join(', ')}.`)
  const {
    mode = 'enforce',
    environment = process.env.NODE_ENV ?? '',
    logger = consoleLogger,
    inEveryView = true,
    property = 'session',
  } = options
  if (mode !== 'enforce' && mode !== 'log')
    throw wrong('mode', `is ${inspect(mode)}. Give 'enforce' or 'log'.`)
  if (typeof environment !== 'string')
    throw wrong('environment', `is ${inspect(environment)}. Give its name, such as 'production'.`)
  if (typeof inEveryView !== 'boolean')
    throw wrong('inEveryView', `is ${inspect(inEveryView)}. Give true or false.`)
  if (typeof property !== 'string' || property === '')
    throw wrong('property', `is ${inspect(property)}. Give the name that openSessions has as its property.`)
  return {
    keys: keysOf(options, environment === 'production', logger),
    trustedOrigins: new Set(options.trustedOrigins?.map(checkOrigin)),
    isExempt: exemption(options.exempt),
    enforces: mode === 'enforce',
    logger,
    ...checkCookie(options),
    inEveryView,
    property,
  }
}

function keysOf(options: CsrfOptions, isProduction: boolean, logger: Logger): Keys {
  const { secretKey, secretKeyFallbacks = [] } = options
  if (typeof secretKey !== 'string' || secretKey === '') throw wrong('secretKey', `is missing. ${REMEDY}`)
  if (secretKeyFallbacks.some((key) => typeof key !== 'string' || key === ''))
    throw wrong('secretKeyFallbacks', 'holds an empty key, with which anybody can sign a token.')
  const keys = [secretKey, ...secretKeyFallbacks] as const
  for (const [place, weakness] of weaknessesOf(keys).entries()) {
    if (weakness === undefined) continue
    const [option, problem] =
      place === 0 ? ['secretKey', weakness] : ['secretKeyFallbacks', `holds a key that ${weakness}`]
    const error = wrong(option, `${problem}. Give ${GOOD_KEY}.`)
    if (isProduction) throw error
    logger.warn({}, error.message)
  }
  return keysFor('tessera csrf', keys)
}

function checkOrigin(origin: unknown): string {
  const holds = `holds ${inspect(origin)}`
  if (
    typeof origin !== 'string' ||
    origin === 'null' ||
    !/^https?:\/\//.test(origin) ||
    !URL.canParse(origin)
  )
    throw wrong(
      'trustedOrigins',
      `${holds}, which is not an origin. Give scheme, host and port, such as https://example.com.`,
    )
  if (origin.includes('*'))
    throw wrong(
      'trustedOrigins',
      `${holds}. There are no wildcards: name each origin, since a subdomain can belong to somebody else.`,
    )
  const written = new URL(origin).origin
  if (written !== origin)
    throw wrong('trustedOrigins', `${holds}, which no browser writes like this. Give ${inspect(written)}.`)
  return origin
}

function exemption(exempt: CsrfOptions['exempt']): CsrfRules['isExempt'] {
  // Nothing else counts as true: a promise does not.
  if (typeof exempt === 'function') return (ctx) => exempt(ctx) === true
  for (const path of exempt ?? []) {
    if (typeof path !== 'string' || !/^\/[^?#*]*$/.test(path))
      throw wrong(
        'exempt',
        `holds ${inspect(path)}. Give whole paths that begin with a slash, or a function.`,
      )
  }
  const paths = new Set(exempt)
  return (ctx) => paths.has(ctx.path)
}

function checkCookie(options: CsrfOptions): Pick<CsrfRules, 'cookieName' | 'cookiePath'> {
  const { cookieName, cookiePath = '/' } = options
  if (cookieName !== undefined) checkCookieName(cookieName)
  if (typeof cookiePath !== 'string' || !cookiePath.startsWith('/') || !COOKIE_PATH.test(cookiePath))
    throw wrong('cookiePath', `is ${inspect(cookiePath)}. Give a path that begins with a slash.`)
  if (cookieName !== undefined && /^__host-/i.test(cookieName) && cookiePath !== '/')
    throw wrong('cookiePath', `is ${inspect(cookiePath)}, and browsers keep ${cookieName} for / only.`)
  return { cookieName, cookiePath }
}

function checkCookieName(cookieName: unknown): void {
  if (typeof cookieName !== 'string' || !COOKIE_NAME.test(cookieName))
    throw wrong('cookieName', `is ${inspect(cookieName)}, which cannot be the name of a cookie.`)
  // Scripts read this cookie, to send the token in the header.
  if (/^__(host-)?http-/i.test(cookieName))
    throw wrong(
      'cookieName',
      `is ${inspect(cookieName)}, which browsers keep with HttpOnly only. Give '__Host-csrftoken'.`,
    )
}

function wrong(option: string, problem: string): TypeError {
  return new TypeError(`csrf(): ${option} ${problem}`)
}
