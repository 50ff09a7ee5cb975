import { type CookiePayload, decodePayload, encodePayload, newAnchor } from '../codecs/cookie-payload.js'
import { type Envelope, type Opened, SealedEnvelope, SignedEnvelope } from '../codecs/envelope.js'
import { keysFor } from '../codecs/keys.js'
import type { SessionRecord } from '../codecs/record.js'
import { CLOCK_SKEW } from './concurrency.js'
import {
  type Created,
  type Engine,
  type EngineTools,
  type Loaded,
  MISSING,
  type Missing,
  type Revocations,
  type Rotation,
  type Stored,
  SUPERSEDED,
  type Touched,
  type Updated,
} from './engine.js'
import { expired } from './entries.js'
import { CookieTooLarge } from './errors.js'
import { LONGEST_LIFE, NotBefore } from './revocations.js'
import { type SecretKeyOptions, secretKeysOf } from './secret-keys.js'

/** Octets of name and value together that every browser keeps (RFC 6265bis). */
const LIMIT = 4096

const NAME = 'signed_cookies'
/** For how long a revoked cookie counts as one that was on its way: milliseconds. */
const SUPERSEDED_FOR = 60_000

const envelopes = { sealed: SealedEnvelope, signed: SignedEnvelope } as const

export interface SignedCookiesOptions extends SecretKeyOptions {
  readonly cookieName: string
  /** `sealed`: encrypted. `signed`: whoever has the cookie can read it. */
  readonly cookieCodec: 'sealed' | 'signed'
}

/**
 * The `signed_cookies` engine: the cookie itself holds the session, and nothing is stored here. `store`: an engine
 * with a index, which is to remember who was revoked; it is closed along with this one.
 *
 * @throws EngineMisconfigured without a key.
 */
export async function openSignedCookies(
  options: SignedCookiesOptions,
  tools: EngineTools,
  store?: Engine,
): Promise<Engine> {
  const { cookieName, cookieCodec } = options
  const secretKeys = secretKeysOf(options, `SESSION_ENGINE=${NAME}`)
  const warning = warnOf(store)
  if (warning !== undefined) tools.logger.warn({ engine: NAME }, warning)
  const Envelope = envelopes[cookieCodec]
  const envelope = new Envelope(keysFor(`tessera ${NAME} ${Envelope.version} ${cookieName}`, secretKeys))
  return new SignedCookies({ envelope, cookieName, tools, store })
}

function warnOf(store: Engine | undefined): string | undefined {
  if (store === undefined)
    return 'sessions in cookies cannot be revoked: a copy of a cookie stays good after log-out, until it expires'
  if (store.capabilities.shared) return undefined
  return 'who is logged out everywhere is remembered by this process alone: no other hears of it, nor does a restart'
}

interface SignedCookiesParts {
  readonly envelope: Envelope
  readonly cookieName: string
  readonly tools: EngineTools
  /** Where it is remembered which users were revoked. */
  readonly store: Engine | undefined
}

/**
 * Here an id is the session. So there is nothing to conflict with: of two answers to one browser the cookie that
 * arrives last stands (last write wins), and every version is 1. And there is nothing to take back: a cookie that was
 * written over, rotated away or deleted is accepted again, by whoever kept it, until the end that it bears (S58). But
 * all cookies of a user can be revoked at once, if there is a store to remember it: then a cookie with a user costs one
 * read of it, each time it is loaded and each time another is made from it (S33).
 */
class SignedCookies implements Engine {
  readonly name = NAME
  readonly capabilities = { revocable: false, shared: true }
  readonly #envelope: Envelope
  readonly #cookieName: string
  readonly #tools: EngineTools
  readonly #store: Engine | undefined
  readonly #notBefore: NotBefore | undefined
  /** The cookie that was verified last: mostly it is written next, and need not be verified again. */
  #last: { readonly id: string; readonly held: Held } | undefined
  readonly revocations?: Revocations

  constructor({ envelope, cookieName, tools, store }: SignedCookiesParts) {
    this.#envelope = envelope
    this.#cookieName = cookieName
    this.#tools = tools
    this.#store = store
    if (store?.index === undefined) return
    this.#notBefore = new NotBefore(store.index, tools.clock)
    this.revocations = { revokeUser: (userId, keep) => this.#revokeUser(userId, keep) }
  }

  isId(text: string): boolean {
    return this.#sizeOf(text) <= LIMIT && this.#envelope.isWritten(text)
  }

  async load(id: string): Promise<Loaded> {
    const held = this.#read(id)
    if (held.kind === 'missing') return held
    const { payload, outdated } = held
    this.#last = { id, held }
    const notBefore = await this.#notBeforeOf(payload.record)
    if (isAfter(payload, notBefore))
      return { kind: 'found', record: payload.record, version: 1, ...(outdated && { outdated: true }) }
    // The answer to a request that was on its way must not cost the browser the cookie that it was given instead.
    return Math.abs(this.#tools.clock() - notBefore) < SUPERSEDED_FOR ? SUPERSEDED : MISSING
  }

  /** The id that was drawn is not needed: the cookie is the session. */
  async create(_drawn: string, record: SessionRecord): Promise<Created> {
    const id = this.#write(record, await this.#notBeforeOf(record))
    return { kind: 'created', id, version: 1 }
  }

  update(id: string, record: SessionRecord): Promise<Updated> {
    return this.#replace(id, record, (payload) => payload.anchor)
  }

  async #replace(
    id: string,
    record: SessionRecord,
    anchorFor: (payload: CookiePayload) => string | undefined,
  ): Promise<Updated> {
    const held = this.#recall(id)
    if (held.kind === 'missing') return MISSING
    const { payload } = held
    const notBefore = await this.#notBeforeOf(payload.record)
    if (!isAfter(payload, notBefore)) return MISSING
    const isSameUser = payload.record.user?.id === record.user?.id
    const itsOwn = isSameUser ? notBefore : await this.#notBeforeOf(record)
    return { kind: 'updated', id: this.#write(record, itsOwn, anchorFor(payload)), version: 1 }
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const held = this.#read(id)
    if (held.kind === 'missing') return MISSING
    const updated = await this.update(id, { ...held.payload.record, expires })
    return updated.kind === 'updated' ? { kind: 'touched', id: updated.id } : MISSING
  }

  rotate({ id, record }: Rotation): Promise<Updated> {
    return this.#replace(id, record, newAnchor)
  }

  /** Nothing is asked of the store: whoever logs out can do so when it is down. */
  async delete(id: string): Promise<'deleted' | 'missing'> {
    return this.#recall(id).kind === 'held' ? 'deleted' : 'missing'
  }

  async clearExpired(limit: number): Promise<number> {
    return this.#store?.clearExpired(limit) ?? 0
  }

  async inspect(id: string): Promise<Stored | undefined> {
    const opened = this.#open(id)
    return opened && { key: this.#cookieName, text: opened.text }
  }

  anchorOf(id: string): string | undefined {
    const opened = this.#open(id)
    return opened && decodePayload(opened.text)?.anchor
  }

  async close(): Promise<void> {
    await this.#store?.close()
  }

  async #revokeUser(userId: string, keep: string | undefined): Promise<string | undefined> {
    const held = keep === undefined ? MISSING : this.#read(keep)
    const kept = held.kind === 'missing' ? undefined : held.payload
    const raised = await this.#notBefore?.raise(userId)
    if (kept?.record.user?.id !== userId) return keep
    if (raised === undefined || !isAfter(kept, raised.was)) return undefined
    return this.#write(kept.record, raised.is, kept.anchor)
  }

  async #notBeforeOf({ user }: SessionRecord): Promise<number> {
    return user === undefined || this.#notBefore === undefined ? 0 : this.#notBefore.of(user.id)
  }

  /** What `id` holds, if it is one of ours and has not expired. */
  #read(id: string): Held | Missing {
    const opened = this.#open(id)
    if (opened === undefined) return MISSING
    const payload = decodePayload(opened.text)
    if (payload === undefined) return { kind: 'missing', why: 'undecodable' }
    return this.#now({ kind: 'held', payload, outdated: opened.outdated })
  }

  /** As `#read`, for what was loaded before. */
  #recall(id: string): Held | Missing {
    return this.#last?.id === id ? this.#now(this.#last.held) : this.#read(id)
  }

  #now(held: Held): Held | Missing {
    const { record, issuedAt } = held.payload
    const now = this.#tools.clock()
    // Made by a clock that was ahead, so its end may lie anywhere (S25, S53).
    if (issuedAt > now + CLOCK_SKEW) return MISSING
    return record.expires > now ? held : expired(record)
  }

  #open(id: string): Opened | undefined {
    // Before anything is computed: the work that a stranger can cause is bounded (S59).
    return this.#sizeOf(id) <= LIMIT ? this.#envelope.open(id) : undefined
  }

  /** @throws CookieTooLarge before any header is sent (S41). */
  #write(record: SessionRecord, notBefore: number, anchor = newAnchor()): string {
    const issuedAt = this.#tools.clock()
    const isRevocable = record.user !== undefined && this.#notBefore !== undefined
    // A revocation is remembered for no longer than this.
    const expires = isRevocable ? Math.min(record.expires, issuedAt + LONGEST_LIFE) : record.expires
    const payload = { record: { ...record, expires }, issuedAt, anchor, ...(notBefore > 0 && { notBefore }) }
    const id = this.#envelope.close(encodePayload(payload))
    const size = this.#sizeOf(id)
    if (size > LIMIT) throw new CookieTooLarge(size, LIMIT)
    return id
  }

  #sizeOf(id: string): number {
    return this.#cookieName.length + id.length
  }
}

interface Held {
  readonly kind: 'held'
  readonly payload: CookiePayload
  /** An earlier key closed it. */
  readonly outdated: boolean
}

/** Whether the cookie was made under this not-before or a later one. */
function isAfter({ notBefore = 0 }: CookiePayload, inForce: number): boolean {
  return notBefore >= inForce
}
