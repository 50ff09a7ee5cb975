import { inspect } from 'node:util'
import type { Context } from 'koa'
import { type Keys, keysFor } from '../codecs/keys.js'
import { consoleLogger, type Logger } from '../logger.js'
import { COOKIE_NAME, COOKIE_PATH } from '../middleware/cookie.js'

/** Where the token travels; the names are Django's. */
export const CSRF_COOKIE = 'csrftoken'
export const CSRF_FIELD = 'csrfmiddlewaretoken'
export const CSRF_HEADER = 'X-CSRFToken'

/** What `csrf` takes. */
export interface CsrfOptions {
  /** Signs tokens; `secretKey` of the settings does, since what it signs here is of no use anywhere else. */
  readonly secretKey: string | undefined
  /** Earlier keys, whose tokens are still good. */
  readonly secretKeyFallbacks?: readonly string[] | undefined
  /**
   * Other origins whose pages may send forms here, each exactly as a browser writes it: `https://shop.example`,
   * `https://shop.example:8443`. Default: none.
   */
  readonly trustedOrigins?: readonly string[] | undefined
  /**
   * What is let through unasked: paths, each exactly as `ctx.path` has it, or a function that answers true. For what no
   * browser sends, and what proves in another way who sent it, such as a webhook with a signature. Default: nothing.
   */
  readonly exempt?: readonly string[] | ((ctx: Context) => boolean) | undefined
  /** `log`: what would be refused is let through, with a warning for each. Default: `enforce`. */
  readonly mode?: 'enforce' | 'log' | undefined
  /** Where `log` warns. Default: the console. */
  readonly logger?: Logger | undefined
  /**
   * The cookie with the token. `__Host-csrftoken` keeps sibling domains from planting one, and needs HTTPS. Default:
   * `csrftoken`.
   */
  readonly cookieName?: string | undefined
  /** Default: `/`. */
  readonly cookiePath?: string | undefined
  /**
   * Whether view engines that copy `ctx.state`, as nearly all do, copy the token with it. Then every page that they
   * render asks for one: it varies with the cookie and, the first time, sets it. With false only those do to which a
   * handler passes it: `ctx.render('form', { csrfToken: ctx.state.csrfToken })`. Default: true.
   */
  readonly inEveryView?: boolean | undefined
}

/** Options that were checked, all of them. */
export interface CsrfRules {
  readonly keys: Keys
  readonly trustedOrigins: ReadonlySet<string>
  readonly isExempt: (ctx: Context) => boolean
  readonly enforces: boolean
  readonly logger: Logger
  readonly cookieName: string
  readonly cookiePath: string
  readonly inEveryView: boolean
}

const KNOWN: readonly string[] = [
  'secretKey',
  'secretKeyFallbacks',
  'trustedOrigins',
  'exempt',
  'mode',
  'logger',
  'cookieName',
  'cookiePath',
  'inEveryView',
] satisfies (keyof CsrfOptions)[]

/** @throws TypeError that says which option is wrong, and what would be right. Never shows a key. */
export function checkCsrfOptions(options: CsrfOptions): CsrfRules {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) throw wrong(unknown, `is no option. There are ${KNOWN.join(', ')}.`)
  const { mode = 'enforce', logger = consoleLogger, inEveryView = true } = options
  if (mode !== 'enforce' && mode !== 'log')
    throw wrong('mode', `is ${inspect(mode)}. Give 'enforce' or 'log'.`)
  if (typeof inEveryView !== 'boolean')
    throw wrong('inEveryView', `is ${inspect(inEveryView)}. Give true or false.`)
  return {
    keys: keysOf(options),
    trustedOrigins: new Set(options.trustedOrigins?.map(checkOrigin)),
    isExempt: exemption(options.exempt),
    enforces: mode === 'enforce',
    logger,
    ...checkCookie(options),
    inEveryView,
  }
}

function keysOf({ secretKey, secretKeyFallbacks = [] }: CsrfOptions): Keys {
  if (typeof secretKey !== 'string' || secretKey === '')
    throw wrong(
      'secretKey',
      'is missing. Give the one of your settings: 32 characters or more that nobody can guess.',
    )
  if (secretKeyFallbacks.some((key) => typeof key !== 'string' || key === ''))
    throw wrong('secretKeyFallbacks', 'holds an empty key, with which anybody could sign.')
  return keysFor('tessera csrf', [secretKey, ...secretKeyFallbacks])
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
      `${holds}, which is no origin. Give scheme, host and port, such as https://example.com.`,
    )
  if (origin.includes('*'))
    throw wrong(
      'trustedOrigins',
      `${holds}. There are no wildcards: name each origin, since anyone may run one of a host's subdomains.`,
    )
  const written = new URL(origin).origin
  if (written !== origin)
    throw wrong('trustedOrigins', `${holds}, which no browser sends like this. Give ${inspect(written)}.`)
  return origin
}

function exemption(exempt: CsrfOptions['exempt']): CsrfRules['isExempt'] {
  // A promise, say, is no yes.
  if (typeof exempt === 'function') return (ctx) => exempt(ctx) === true
  for (const path of exempt ?? []) {
    if (typeof path !== 'string' || !/^\/[^?#*]*$/.test(path))
      throw wrong(
        'exempt',
        `holds ${inspect(path)}. Give whole paths that begin with a slash, or one function for more.`,
      )
  }
  const paths = new Set(exempt)
  return (ctx) => paths.has(ctx.path)
}

function checkCookie(options: CsrfOptions): { cookieName: string; cookiePath: string } {
  const { cookieName = CSRF_COOKIE, cookiePath = '/' } = options
  if (typeof cookieName !== 'string' || !COOKIE_NAME.test(cookieName))
    throw wrong('cookieName', `is ${inspect(cookieName)}, which cannot be the name of a cookie.`)
  // Scripts read this cookie, to send what is in it in the header.
  if (/^__(host-)?http-/i.test(cookieName))
    throw wrong(
      'cookieName',
      `is ${inspect(cookieName)}, which browsers keep with HttpOnly only. Give '__Host-csrftoken'.`,
    )
  if (typeof cookiePath !== 'string' || !cookiePath.startsWith('/') || !COOKIE_PATH.test(cookiePath))
    throw wrong('cookiePath', `is ${inspect(cookiePath)}. Give a path that begins with a slash.`)
  if (/^__host-/i.test(cookieName) && cookiePath !== '/')
    throw wrong('cookiePath', `is ${inspect(cookiePath)}, and browsers keep ${cookieName} for / only.`)
  return { cookieName, cookiePath }
}

function wrong(option: string, problem: string): TypeError {
  return new TypeError(`csrf(): ${option} ${problem}`)
}
