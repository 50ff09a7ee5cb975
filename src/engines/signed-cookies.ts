import { decodePayload, encodePayload } from '../codecs/cookie-payload.js'
import { type Envelope, keysFor } from '../codecs/envelope.js'
import type { SessionRecord } from '../codecs/record.js'
import { SEALED_VERSION, sealed } from '../codecs/sealed.js'
import { SIGNED_VERSION, signed } from '../codecs/signed.js'
import type { Engine, Loaded, Stored, Touched, Updated } from './contract.js'
import { CookieTooLarge } from './errors.js'
import { expired } from './expired.js'
import type { EngineTools } from './keyed-engine.js'
import { type SecretKeyOptions, secretKeysOf } from './secret-keys.js'

/** Octets of name and value together that every browser keeps (RFC 6265bis). */
const LIMIT = 4096

/** By how much the clock of another process may be ahead, in milliseconds. */
const CLOCK_SKEW = 60_000

const NAME = 'signed_cookies'
const MISSING = { kind: 'missing' } as const

const codecs = {
  sealed: { version: SEALED_VERSION, make: sealed },
  signed: { version: SIGNED_VERSION, make: signed },
} as const

export interface SignedCookiesOptions extends SecretKeyOptions {
  readonly cookieName: string
  /** `sealed`: encrypted. `signed`: whoever has the cookie can read it. */
  readonly cookieCodec: 'sealed' | 'signed'
}

/**
 * The `signed_cookies` engine: the cookie itself holds the session, and nothing is stored here.
 *
 * @throws EngineMisconfigured without a key.
 */
export async function openSignedCookies(options: SignedCookiesOptions, tools: EngineTools): Promise<Engine> {
  const { cookieName, cookieCodec } = options
  const secretKeys = secretKeysOf(options, `SESSION_ENGINE=${NAME}`)
  tools.logger.warn(
    { engine: NAME },
    'sessions in cookies cannot be revoked: a copy of a cookie stays good after log-out, until it expires',
  )
  const { version, make } = codecs[cookieCodec]
  const purpose = `tessera ${NAME} ${version} ${cookieName}`
  return new SignedCookies(make(keysFor(purpose, secretKeys)), cookieName, tools)
}

/**
 * Here an id is the session. So there is nothing to conflict with: of two answers to one browser the cookie that
 * arrives last stands (last write wins), and every version is 1. And there is nothing to take back: a cookie that was
 * written over, rotated away or deleted is accepted again, by whoever kept it, until the end that it bears (S33, S58).
 */
class SignedCookies implements Engine {
  readonly name = NAME
  readonly capabilities = { revocable: false, shared: true, enumerable: false }
  readonly #envelope: Envelope
  readonly #cookieName: string
  readonly #tools: EngineTools

  constructor(envelope: Envelope, cookieName: string, tools: EngineTools) {
    this.#envelope = envelope
    this.#cookieName = cookieName
    this.#tools = tools
  }

  isId(text: string): boolean {
    return this.#sizeOf(text) <= LIMIT && this.#envelope.isWritten(text)
  }

  async load(id: string): Promise<Loaded> {
    return this.#read(id)
  }

  async create(record: SessionRecord): Promise<string> {
    return this.#write(record)
  }

  async update(id: string, record: SessionRecord): Promise<Updated> {
    if (this.#read(id).kind !== 'found') return MISSING
    return { kind: 'updated', id: this.#write(record), version: 1 }
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const there = this.#read(id)
    if (there.kind !== 'found') return MISSING
    return { kind: 'touched', id: this.#write({ ...there.record, expires }) }
  }

  rotate(id: string, record: SessionRecord): Promise<Updated> {
    return this.update(id, record)
  }

  async delete(id: string): Promise<'deleted' | 'missing'> {
    return this.#read(id).kind === 'found' ? 'deleted' : 'missing'
  }

  async clearExpired(): Promise<number> {
    return 0
  }

  async inspect(id: string): Promise<Stored | undefined> {
    const opened = this.isId(id) ? this.#envelope.open(id) : undefined
    return opened && { key: this.#cookieName, text: opened.text }
  }

  async close(): Promise<void> {}

  /** The session that `id` is, if it is one of ours and has not expired. */
  #read(id: string): Loaded {
    // Before anything is computed: the work that a stranger can cause is bounded (S59).
    if (!this.isId(id)) return MISSING
    const opened = this.#envelope.open(id)
    if (opened === undefined) return MISSING
    const payload = decodePayload(opened.text)
    if (payload === undefined) return { kind: 'missing', why: 'undecodable' }
    const { record, issuedAt } = payload
    const now = this.#tools.clock()
    // Made by a clock that was ahead, so its end may lie anywhere (S25, S53).
    if (issuedAt > now + CLOCK_SKEW) return MISSING
    if (record.expires <= now) return expired(record)
    return { kind: 'found', record, version: 1, ...(opened.outdated && { outdated: true }) }
  }

  /** @throws CookieTooLarge before any header is sent (S41). */
  #write(record: SessionRecord): string {
    const id = this.#envelope.close(encodePayload({ record, issuedAt: this.#tools.clock() }))
    const size = this.#sizeOf(id)
    if (size > LIMIT) throw new CookieTooLarge(size, LIMIT)
    return id
  }

  #sizeOf(id: string): number {
    return this.#cookieName.length + id.length
  }
}
