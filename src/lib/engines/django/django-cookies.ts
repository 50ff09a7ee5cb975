import {
  type DictTools,
  type DjangoSession,
  decodeSession,
  encodeSession,
  LAST_MOMENT,
  RESERVED_KEYS,
} from '../../codecs/django/session-dict.js'
import type { SessionRecord, WrittenKeys } from '../../codecs/record.js'
import { CLOCK_SKEW } from '../concurrency.js'
import { assertFitsCookie, fitsCookie } from '../cookie-size.js'
import {
  type Created,
  type Engine,
  type Loaded,
  MISSING,
  type Missing,
  type Rotation,
  type Stored,
  type Touched,
  type Updated,
} from '../engine.js'
import { expired } from '../entries.js'
import type { Version } from '../session-store.js'

const WRITTEN = /^\.?[\w-]+:[\dA-Za-z]{1,8}:[\w-]{43}$/

export interface DjangoCookiesParts {
  readonly cookieName: string
  readonly rules: CookieRules
  readonly tools: DictTools
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** How long a cookie is good, in seconds. */
export interface CookieRules {
  /** From when it was made. */
  readonly cookieAge: number
  /** From when it was made, which each use does anew. */
  readonly idleTimeout?: number | undefined
  /** From the beginning of the session. */
  readonly absoluteTimeout?: number | undefined
}

/**
 * Django's `signed_cookies`: the cookie is the session, signed and readable. It bears the second in which it was made, and is
 * good for `COOKIE_AGE` from then on, or for less if the session's own expiry (Django leaves that to the browser) or a timeout
 * of ours says so. A use that is written makes another cookie, so it counts as a save. As with Django, a copy of a cookie
 * stays good until its end, whatever happens to the session, and of two answers to one browser the last one stands.
 */
export class DjangoCookies implements Engine {
  readonly name = 'signed_cookies'
  readonly capabilities = {
    revocable: false,
    shared: true,
    sharedWith: 'Django',
    reservedKeys: RESERVED_KEYS,
    lastMoment: LAST_MOMENT,
  } as const
  readonly #parts: DjangoCookiesParts

  constructor(parts: DjangoCookiesParts) {
    this.#parts = parts
  }

  isId(text: string): boolean {
    return fitsCookie(this.#parts.cookieName, text) && WRITTEN.test(text)
  }

  async load(id: string): Promise<Loaded> {
    const found = this.#read(id)
    return 'kind' in found ? found : { kind: 'found', record: found.record, version: 1 }
  }

  async create(_drawn: string, record: SessionRecord): Promise<Created> {
    return { kind: 'created', id: this.#write(record), version: 1 }
  }

  async update(id: string, record: SessionRecord, version: Version, written?: WrittenKeys): Promise<Updated> {
    const found = this.#read(id)
    return 'kind' in found ? MISSING : { kind: 'updated', id: this.#write(record, found, written), version }
  }

  rotate({ id, record, version, written }: Rotation): Promise<Updated> {
    return this.update(id, record, version, written)
  }

  async touch(id: string): Promise<Touched> {
    const found = this.#read(id)
    return 'kind' in found ? MISSING : { kind: 'touched', id: this.#write(found.record, found) }
  }

  async delete(id: string): Promise<'deleted' | 'missing'> {
    return 'kind' in this.#read(id) ? 'missing' : 'deleted'
  }

  async clearExpired(): Promise<number> {
    return 0
  }

  async inspect(id: string): Promise<Stored | undefined> {
    const found = this.#read(id)
    return 'kind' in found
      ? undefined
      : { key: this.#parts.cookieName, text: JSON.stringify(found.record.data) }
  }

  async close(): Promise<void> {}

  #read(id: string): DjangoSession | Missing {
    const { tools, rules, clock } = this.#parts
    const session = this.isId(id) ? decodeSession(id, 0, tools) : undefined
    if (session === undefined) return MISSING
    const { signedAt } = session
    const now = clock()
    // Made by a clock that was ahead, so its end may lie anywhere (S25, S53).
    if (signedAt > now + CLOCK_SKEW) return MISSING
    const record = { ...session.record, expires: endOf(session, rules) }
    return record.expires > now ? { ...session, record } : expired(record)
  }

  /** `before`: the session's cookie so far. @throws CookieTooLarge before any header is sent (S41). */
  #write(record: SessionRecord, before?: DjangoSession, written?: WrittenKeys): string {
    const { cookieName, tools, clock } = this.#parts
    const id = encodeSession(record, before?.members, clock(), tools, written)
    assertFitsCookie(cookieName, id)
    return id
  }
}

/** Milliseconds since 1970: the earliest end that applies. Django counts from the second too in which the cookie was made. */
function endOf({ record, signedAt }: DjangoSession, rules: CookieRules): number {
  const { createdAt, expiry } = record
  const { cookieAge, idleTimeout = Infinity, absoluteTimeout = Infinity } = rules
  const own = typeof expiry === 'string' ? Date.parse(expiry) : signedAt + (expiry || Infinity) * 1000
  const used = signedAt + Math.min(cookieAge, idleTimeout) * 1000
  return Math.min(own, used, createdAt + absoluteTimeout * 1000)
}
