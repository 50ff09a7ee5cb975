import type { Context } from 'koa'
import { isSame } from '../codecs/keys.js'
import { CSRF_FIELD, CSRF_HEADER } from './names.js'
import type { CsrfRules } from './options.js'
import type { Refusal } from './refused.js'
import { randomOf } from './token.js'
import type { Tokens } from './tokens.js'

/** Why the request is to be refused; nothing if it may pass. */
export function refusalOf(ctx: Context, tokens: Tokens, rules: CsrfRules): Refusal | undefined {
  const origin = ctx.get('Origin')
  switch (ctx.get('Sec-Fetch-Site')) {
    case 'same-origin':
    case 'none': // the address bar, a bookmark: no page at all
      return undefined
    case 'same-site': // a sibling domain is somebody else (S60)
    case 'cross-site':
      return rules.trustedOrigins.has(origin) ? undefined : fromOtherSite(origin)
    case '':
      break
    default:
      return fromUnknownSite() // comes from no page of ours that anybody knew of (S61)
  }
  if (origin === '') return refusalByToken(ctx, tokens, rules)
  const own = ownOrigin(ctx)
  return origin === own || rules.trustedOrigins.has(origin) ? undefined : fromOtherOrigin(origin, own)
}

/**
 * The origin that the request was sent to, as a browser writes it; behind a proxy, as far as `app.proxy` says to believe
 * it. `null`, which browsers send for a page that says not where it comes from, is nobody's (S63).
 */
function ownOrigin(ctx: Context): string | undefined {
  if (!/^https?$/.test(ctx.protocol)) return undefined
  const own = `${ctx.protocol}://${ctx.host}`
  return URL.canParse(own) ? new URL(own).origin : undefined
}

/** For clients that do not say where a request comes from: a token, in the cookie and beside it. */
function refusalByToken(ctx: Context, tokens: Tokens, { cookieName }: CsrfRules): Refusal | undefined {
  if (tokens.sent === undefined) {
    return {
      reason: 'no-cookie',
      person: `Nothing was done with this form: it needs the cookie ${cookieName}, and your browser did not send it. Allow cookies for this site, open the page again and send the form once more.`,
      developer: `the request has neither Sec-Fetch-Site nor Origin, as every browser of today sends them, and no token. A client that is no browser sends the site’s own address as Origin, or what ctx.state.csrfToken gave it, in the cookie ${cookieName} and in the header ${CSRF_HEADER}.`,
    }
  }
  const random = tokens.verified
  if (random === undefined) {
    return {
      reason: 'other-session',
      person:
        'Nothing was done with this form: since its page was opened you have logged in or out, or were away for long. Open the page again and send the form once more.',
      developer: `the token in the cookie ${cookieName} is not of this session. It is good until the session gets another id; read ctx.state.csrfToken again after that.`,
    }
  }
  const sent = sentWith(ctx)
  if (sent === '') {
    return {
      reason: 'no-token',
      person:
        'Nothing was done with this form: it was sent without its token. Open the page again and send the form once more.',
      developer: `give each form <input type="hidden" name="${CSRF_FIELD}"> with ctx.state.csrfToken as its value, or each request the header ${CSRF_HEADER}; and use csrf() behind the body parser.`,
    }
  }
  const repeated = randomOf(sent)
  if (repeated !== undefined && isSame(repeated, random)) return undefined
  return {
    reason: 'other-token',
    person:
      'Nothing was done with this form: its token is an old one. Open the page again and send the form once more.',
    developer: `${CSRF_FIELD} or ${CSRF_HEADER} is not the token in the cookie ${cookieName}. Pages with a token in them must not be kept by a cache.`,
  }
}

/** What the request brought besides the cookie. */
function sentWith(ctx: Context): string {
  const header = ctx.get(CSRF_HEADER)
  if (header !== '') return header
  const { body } = ctx.request as { body?: unknown }
  const field = typeof body === 'object' && body !== null ? Reflect.get(body, CSRF_FIELD) : undefined
  return typeof field === 'string' ? field : ''
}

function fromOtherSite(origin: string): Refusal {
  const named = nameOf(origin)
  return {
    reason: 'other-site',
    person: `This form was sent from ${named ?? 'another site'}, so nothing was done with it. If you meant to send it, open the page on this site and send it from there.`,
    developer: `the browser says that another site’s page caused this request (Sec-Fetch-Site).${trustHint(named)}`,
  }
}

function fromUnknownSite(): Refusal {
  return {
    reason: 'unknown-site',
    person:
      'Nothing was done with this form: your browser does not say clearly where it was sent from. Open the page again and send it once more.',
    developer:
      'Sec-Fetch-Site is none of same-origin, same-site, cross-site and none. Something between browser and server may have changed it.',
  }
}

function fromOtherOrigin(origin: string, own: string | undefined): Refusal {
  const named = nameOf(origin)
  const mend =
    named === undefined
      ? ' Pages in a sandboxed frame and pages with Referrer-Policy: no-referrer send Origin: null.'
      : ' If that is this very site, a proxy stands before the server: set app.proxy = true, and have the proxy send X-Forwarded-Proto and X-Forwarded-Host.'
  return {
    reason: 'other-origin',
    person: `This form was sent from ${named ?? 'a page that does not say where it is'}, and is taken from ${own ?? 'this site'} only, so nothing was done with it. Open the page on this site and send it from there.`,
    developer: `Origin has to be that of the site itself, scheme, host and port.${mend}${trustHint(named)}`,
  }
}

/** An origin that can be shown: a header is anybody's text, of any length. */
function nameOf(origin: string): string | undefined {
  const isShown = origin.length <= 300 && URL.canParse(origin) && new URL(origin).origin === origin
  return isShown && origin !== 'null' ? origin : undefined
}

function trustHint(named: string | undefined): string {
  return named === undefined ? '' : ` If it may send forms here: csrf({ trustedOrigins: ['${named}'] }).`
}
