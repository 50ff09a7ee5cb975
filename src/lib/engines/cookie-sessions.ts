import { type CookiePayload, decodePayload, encodePayload } from '../codecs/cookie-payload.js'
import type { Envelope, Opened } from '../codecs/envelope.js'
import { storedCopyOf } from '../codecs/json-copy.js'
import { CLOCK_SKEW } from './concurrency.js'
import { assertFitsCookie, fitsCookie } from './cookie-size.js'
import { MISSING, type Missing } from './engine.js'
import { expired } from './entries.js'
import { VerifiedCookies } from './verified-cookies.js'

export interface CookieSessionsParts {
  readonly envelope: Envelope
  readonly cookieName: string
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** What a cookie holds, for whoever neither changes it nor hands it out. */
export interface Held {
  readonly kind: 'held'
  readonly payload: CookiePayload
  /** An earlier key closed it. */
  readonly outdated: boolean
}

/** Sessions in cookies of one name: made, and read again. Each cookie is verified and parsed once. */
export class CookieSessions {
  readonly #parts: CookieSessionsParts
  readonly #verified = new VerifiedCookies<Held>()

  constructor(parts: CookieSessionsParts) {
    this.#parts = parts
  }

  /** Whether `text` has the form of such a cookie, which says nothing about who made it. */
  isWritten(text: string): boolean {
    if (!this.#fits(text)) return false
    return this.#verified.find(text) !== undefined || this.#parts.envelope.isWritten(text)
  }

  /** What `id` holds, if it is one of ours and has not expired. */
  read(id: string): Held | Missing {
    const found = this.find(id)
    return found.kind === 'held' ? this.#now(found) : found
  }

  /** The same, expired or not. */
  find(id: string): Held | Missing {
    if (!this.#fits(id)) return MISSING
    const known = this.#verified.find(id)
    if (known !== undefined) return known
    const opened = this.open(id)
    if (opened === undefined) return MISSING
    const payload = decodePayload(opened.text)
    if (payload === undefined) return { kind: 'missing', why: 'undecodable' }
    const held: Held = { kind: 'held', payload, outdated: opened.outdated }
    this.#verified.remember(id, held)
    return held
  }

  /** The text in `id`, if it is one of ours. */
  open(id: string): Opened | undefined {
    // Before anything is computed: the work that a stranger can cause is bounded (S59).
    return this.#fits(id) ? this.#parts.envelope.open(id) : undefined
  }

  /** @throws CookieTooLarge before any header is sent (S41). */
  make(payload: CookiePayload): string {
    const id = this.#parts.envelope.close(encodePayload(payload))
    assertFitsCookie(this.#parts.cookieName, id)
    const record = storedCopyOf(payload.record)
    if (record)
      this.#verified.remember(id, { kind: 'held', payload: { ...payload, record }, outdated: false })
    return id
  }

  #now(held: Held): Held | Missing {
    const { record, issuedAt } = held.payload
    const now = this.#parts.clock()
    // Made by a clock that was ahead, so its end may lie anywhere (S25, S53).
    if (issuedAt > now + CLOCK_SKEW) return MISSING
    return record.expires > now ? held : expired(record)
  }

  #fits(id: string): boolean {
    return fitsCookie(this.#parts.cookieName, id)
  }
}
