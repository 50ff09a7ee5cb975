import { randomBytes } from 'node:crypto'
import type { Context, Middleware } from 'koa'
import { type Keys, keysFor } from '../codecs/envelope.js'
import { isSame, macOf } from '../codecs/signed.js'
import { type CookieOptions, readCookie, setCookie } from './cookie.js'

/** Where the token travels, by Django's names. */
export const CSRF_COOKIE = 'csrftoken'
export const CSRF_FIELD = 'csrfmiddlewaretoken'
const CSRF_HEADER = 'X-CSRFToken'

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

export interface CsrfOptions {
  /** The first signs tokens, all verify them. */
  readonly secretKeys: readonly [string, ...string[]]
}

/**
 * Refuses requests that change something and that another site's page may have caused: 403. A browser says where a
 * request comes from (`Sec-Fetch-Site`, else `Origin`); a client that does not has to bring a token which only pages of
 * this site could have given it, in the cookie `csrftoken` and once more in the form field `csrfmiddlewaretoken` or the
 * header `X-CSRFToken`. Use it behind the body parser; pages take the token from `ctx.state.csrfToken`, which sets the
 * cookie when it is first read.
 */
export function csrf({ secretKeys }: CsrfOptions): Middleware {
  const keys = keysFor('tessera csrf', secretKeys)
  return async (ctx, next) => {
    let token: string | undefined
    // Not enumerable: a view engine that copies the state must not ask for a token that no form needs.
    Object.defineProperty(ctx.state, 'csrfToken', {
      get: () => {
        token ??= tokenOf(ctx, keys) ?? giveToken(ctx, keys)
        return token
      },
    })
    if (!SAFE.has(ctx.method)) {
      const fault = faultOf(ctx, keys)
      if (fault !== undefined) ctx.throw(403, fault, { expose: true })
    }
    await next()
  }
}

/** Why the request is refused, for the person who sent it; nothing if it is not. */
function faultOf(ctx: Context, keys: Keys): string | undefined {
  const site = ctx.get('Sec-Fetch-Site')
  if (site === 'same-origin' || site === 'none') return undefined
  // A value that nobody knows yet comes from no page of ours either (S61).
  if (site !== '') return 'This form was sent from another site. Open the page here and send it again.'

  const origin = ctx.get('Origin')
  if (origin !== '') {
    if (URL.canParse(origin) && new URL(origin).host === ctx.host) return undefined
    return `This form was sent from ${origin}, and is taken from ${ctx.protocol}://${ctx.host} only. Open the page here and send it again.`
  }

  const token = tokenOf(ctx, keys)
  if (token === undefined)
    return `This form needs the cookie ${CSRF_COOKIE}. Allow cookies for this site, open the page and send it again.`
  if (!isSame(sentWith(ctx), token))
    return `This form lacks its token (${CSRF_FIELD}), or it is an old one. Open the page and send it again.`
  return undefined
}

/** What the request brought besides the cookie. */
function sentWith(ctx: Context): string {
  const header = ctx.get(CSRF_HEADER)
  if (header !== '') return header
  const { body } = ctx.request as { body?: unknown }
  const field = typeof body === 'object' && body !== null ? Reflect.get(body, CSRF_FIELD) : undefined
  return typeof field === 'string' ? field : ''
}

/** The token in the browser's cookie, if it is one of ours: a sibling domain can plant a cookie, but not sign it. */
function tokenOf(ctx: Context, keys: Keys): string | undefined {
  const token = readCookie(ctx.req.headers.cookie, CSRF_COOKIE)
  const random = token?.split('.')[0]
  if (token === undefined || random === undefined) return undefined
  return keys.some((key) => isSame(signed(random, key), token)) ? token : undefined
}

function giveToken(ctx: Context, [key]: Keys): string {
  const token = signed(randomBytes(18).toString('base64url'), key)
  const options: CookieOptions = {
    name: CSRF_COOKIE,
    path: '/',
    domain: undefined,
    // A page's own script may send it in the header.
    httpOnly: false,
    secure: ctx.secure,
    sameSite: 'Lax',
  }
  ctx.append('Set-Cookie', setCookie(options, token, 'browser'))
  return token
}

function signed(random: string, key: Buffer): string {
  return `${random}.${macOf(random, key)}`
}
