import type { Context } from 'koa'
import { isSame } from '../codecs/keys.js'
import { CSRF_FIELD, CSRF_HEADER, type CsrfRules } from './options.js'
import type { RequestToken } from './request-token.js'
import { randomOf } from './token.js'

/** Why a request was refused. */
export type CsrfReason =
  /** The browser says that another site's page caused it. */
  | 'other-site'
  /** `Sec-Fetch-Site` has a value that is not in the standard. */
  | 'unknown-site'
  /** `Origin` is another one. */
  | 'other-origin'
  /** It has neither header, and no cookie with a token. */
  | 'no-cookie'
  /** The token in the cookie was not made here, or for another session. */
  | 'other-session'
  /** There is no token in the form or header. */
  | 'no-token'
  /** The token in the form or header is not the cookie's. */
  | 'other-token'

/** What is wrong, for the person who sent the form and for the developer of the site. */
export interface Refusal {
  readonly reason: CsrfReason
  /** What happened and what to do, in sentences. */
  readonly person: string
  readonly developer: string
}

/** The headers that answers to unsafe methods depend on (S65). */
export const VARY = 'Sec-Fetch-Site, Origin'

/** `csrf` refused the request: another site's page may have caused it. In a Koa application this is a 403. */
export class CsrfRefused extends Error {
  override readonly name = 'CsrfRefused'
  readonly code = 'E_CSRF'
  readonly status = 403
  readonly expose = true
  readonly headers: Record<string, string> = { Vary: VARY }
  readonly reason: CsrfReason

  constructor({ reason, person, developer }: Refusal) {
    super(`${person}\n\nFor the developer of this site: ${developer}`)
    this.reason = reason
  }
}

/** Why the request is to be refused; `undefined` if it may pass. */
export function refusalOf(ctx: Context, token: RequestToken, rules: CsrfRules): Refusal | undefined {
  const origin = ctx.get('Origin')
  switch (ctx.get('Sec-Fetch-Site')) {
    case 'same-origin':
    case 'none': // the address bar or a bookmark, so no page caused it
      return undefined
    case 'same-site': // a sibling domain can belong to somebody else (S60)
    case 'cross-site':
      return rules.trustedOrigins.has(origin) ? undefined : fromOtherSite(origin)
    case '':
      break
    default:
      return fromUnknownSite() // (S61)
  }
  // No page of another site can send the header, and whoever sends it is led by no cookie.
  if (origin === '') return token.isByHeader ? undefined : refusalByToken(ctx, token)
  const own = ownOrigin(ctx)
  return origin === own || rules.trustedOrigins.has(origin) ? undefined : fromOtherOrigin(origin, own)
}

/**
 * The origin that the request was sent to, as a browser writes it. Forwarded headers count only where `app.proxy` is set.
 * Never equal to `null`, which browsers send for pages that hide where they are from (S63).
 */
function ownOrigin(ctx: Context): string | undefined {
  if (!/^https?$/.test(ctx.protocol)) return undefined
  const own = `${ctx.protocol}://${ctx.host}`
  return URL.canParse(own) ? new URL(own).origin : undefined
}

/** For clients that send neither header: the token in the cookie has to be repeated in the form or in a header. */
function refusalByToken(ctx: Context, token: RequestToken): Refusal | undefined {
  const { cookieName } = token
  if (token.sent === undefined) {
    return {
      reason: 'no-cookie',
      person: `Nothing was done with this form: it needs the cookie ${cookieName}, and your browser did not send it. Allow cookies for this site, open the page again and send the form once more.`,
      developer: `the request has neither Sec-Fetch-Site nor Origin, which every current browser sends, and no token. A client that is no browser sends the site’s own address as Origin, or the token from ctx.state.csrfToken, in the cookie ${cookieName} and in the header ${CSRF_HEADER}.`,
    }
  }
  const random = token.verified
  if (random === undefined) {
    return {
      reason: 'other-session',
      person:
        'Nothing was done with this form: after its page was opened you logged in or out, or were away for long. Open the page again and send the form once more.',
      developer: `the token in the cookie ${cookieName} was not made for this session. A token is valid until the session gets another id; read ctx.state.csrfToken again after that.`,
    }
  }
  const sent = sentWith(ctx)
  if (sent === '') {
    return {
      reason: 'no-token',
      person:
        'Nothing was done with this form: it was sent without its token. Open the page again and send the form once more.',
      developer: `give each form <input type="hidden" name="${CSRF_FIELD}"> with ctx.state.csrfToken as its value, or each request the header ${CSRF_HEADER}; and use csrf() after the body parser.`,
    }
  }
  const repeated = randomOf(sent)
  if (repeated !== undefined && isSame(repeated, random)) return undefined
  return {
    reason: 'other-token',
    person:
      'Nothing was done with this form: its token is an old one. Open the page again and send the form once more.',
    developer: `${CSRF_FIELD} or ${CSRF_HEADER} is not the token in the cookie ${cookieName}. A cache must not keep pages that contain a token.`,
  }
}

/** The token that the request has beside the cookie; empty if there is none. */
function sentWith(ctx: Context): string {
  const header = ctx.get(CSRF_HEADER)
  if (header !== '') return header
  const { body } = ctx.request as { body?: unknown }
  const field = typeof body === 'object' && body !== null ? Reflect.get(body, CSRF_FIELD) : undefined
  return typeof field === 'string' ? field : ''
}

function fromOtherSite(origin: string): Refusal {
  const shown = shownOrigin(origin)
  return {
    reason: 'other-site',
    person: `This form was sent from ${shown ?? 'another site'}, so nothing was done with it. If you meant to send it, open the page on this site and send it from there.`,
    developer: `the browser says that another site’s page caused this request (Sec-Fetch-Site).${trustHint(shown)}`,
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
  const shown = shownOrigin(origin)
  const hint =
    shown === undefined
      ? ' Pages in a sandboxed frame and pages with Referrer-Policy: no-referrer send Origin: null.'
      : ' If that is this very site, there is a proxy in front of the server: set app.proxy = true, and have the proxy send X-Forwarded-Proto and X-Forwarded-Host.'
  return {
    reason: 'other-origin',
    person: `This form was sent from ${shown ?? 'a page that does not say where it is'}, and is accepted from ${own ?? 'this site'} only, so nothing was done with it. Open the page on this site and send it from there.`,
    developer: `Origin has to be that of the site itself: scheme, host and port.${hint}${trustHint(shown)}`,
  }
}

/** Longest `Origin` that is shown: a header can hold any text of any length. */
const LONGEST_SHOWN = 300

/** The origin, if it is one and can be shown. */
function shownOrigin(origin: string): string | undefined {
  const isShown = origin.length <= LONGEST_SHOWN && URL.canParse(origin) && new URL(origin).origin === origin
  return isShown && origin !== 'null' ? origin : undefined
}

function trustHint(shown: string | undefined): string {
  return shown === undefined ? '' : ` If it may send forms here: csrf({ trustedOrigins: ['${shown}'] }).`
}
