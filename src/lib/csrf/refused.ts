/** Why a request was refused. */
export type CsrfReason =
  /** The browser says that another site's page caused it. */
  | 'other-site'
  /** `Sec-Fetch-Site` says what nobody knows. */
  | 'unknown-site'
  /** `Origin` is another one. */
  | 'other-origin'
  /** A client that says neither did not bring the cookie with the token. */
  | 'no-cookie'
  /** The token in the cookie is not ours, or another session's. */
  | 'other-session'
  /** Form and header are without a token. */
  | 'no-token'
  /** The form's or header's token is not that of the cookie. */
  | 'other-token'

/** What is wrong, for the person who sent the form, and below it for whoever builds the site. */
export interface Refusal {
  readonly reason: CsrfReason
  /** What happened and what to do, in sentences. */
  readonly person: string
  readonly developer: string
}

/** What answers to unsafe methods depend on (S65). */
export const VARY = 'Sec-Fetch-Site, Origin'

/** `csrf` refused the request: nobody knows whether its sender wanted it. In a Koa application this is a 403. */
export class CsrfRefused extends Error {
  override readonly name = 'CsrfRefused'
  readonly code = 'E_CSRF'
  readonly status = 403
  readonly expose = true
  readonly headers: Record<string, string> = { Vary: VARY }
  readonly reason: CsrfReason

  constructor({ reason, person, developer }: Refusal) {
    super(`${person}\n\nFor whoever builds this site: ${developer}`)
    this.reason = reason
  }
}
