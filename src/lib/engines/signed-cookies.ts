import { type CookiePayload, isAnchor, newAnchor } from '../codecs/cookie-payload.js'
import { type Envelope, SealedEnvelope, SignedEnvelope } from '../codecs/envelope.js'
import { copyOf } from '../codecs/json-copy.js'
import { keysFor } from '../codecs/keys.js'
import type { SessionRecord } from '../codecs/record.js'
import { CookieSessions, type Held } from './cookie-sessions.js'
import {
  type Created,
  type Engine,
  type EngineTools,
  type Loaded,
  MISSING,
  type Revocations,
  type Rotation,
  type Stored,
  SUPERSEDED,
  type Touched,
  type Updated,
} from './engine.js'
import { SUPERSEDED_FOR } from './entries.js'
import { deadSince, LONGEST_LIFE, NOTHING_REVOKED, type Revoked, RevokedCookies } from './revocations.js'
import { type SecretKeyOptions, secretKeysOf } from './secret-keys.js'

const NAME = 'signed_cookies'

const envelopes = { sealed: SealedEnvelope, signed: SignedEnvelope } as const

export interface SignedCookiesOptions extends SecretKeyOptions {
  readonly cookieName: string
  /** `sealed`: encrypted. `signed`: whoever has the cookie can read it. `django`: by an engine of its own. */
  readonly cookieCodec: 'sealed' | 'signed' | 'django'
}

/**
 * The `signed_cookies` engine: the cookie itself holds the session, and nothing is stored here. `store`: an engine
 * with an index, which remembers who was revoked; it is closed along with this one.
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
  const Envelope = envelopes[cookieCodec === 'signed' ? 'signed' : 'sealed']
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
 * arrives last stands (last write wins), and every version is 1. Without a store
 * there is nothing to take back either: a cookie that was written over, rotated away or deleted is accepted again, by
 * whoever kept it, until the end that it bears (S58).
 *
 * With a store for revocations the cookies of a user are dead once the user was revoked, and those of one session once it
 * was logged out or got a new id (S33). A cookie with a user costs one read of that store, each time it is loaded and each
 * time another is made from it. An earlier cookie of a session that goes on is accepted as before.
 */
class SignedCookies implements Engine {
  readonly name = NAME
  readonly capabilities = { revocable: false, shared: true }
  readonly #cookieName: string
  readonly #sessions: CookieSessions
  readonly #tools: EngineTools
  readonly #store: Engine | undefined
  readonly #revoked: RevokedCookies | undefined
  readonly revocations?: Revocations

  constructor({ envelope, cookieName, tools, store }: SignedCookiesParts) {
    this.#cookieName = cookieName
    this.#sessions = new CookieSessions({ envelope, cookieName, clock: tools.clock })
    this.#tools = tools
    this.#store = store
    if (store?.index === undefined) return
    this.#revoked = new RevokedCookies(store.index, tools, !store.capabilities.shared)
    this.revocations = { revokeUser: (userId, keep) => this.#revokeUser(userId, keep) }
  }

  isId(text: string): boolean {
    return this.#sessions.isWritten(text)
  }

  load(id: string, isReadOnly = false): Promise<Loaded> {
    const held = this.#sessions.read(id)
    if (held.kind === 'missing') return Promise.resolve(held)
    const { user } = held.payload.record
    // Nobody to ask, so nothing to wait for.
    if (user === undefined || this.#revoked === undefined)
      return Promise.resolve(loadedFrom(held, isReadOnly))
    return this.#loadUnlessRevoked(held, this.#revoked.of(user.id), isReadOnly)
  }

  async #loadUnlessRevoked(held: Held, revoked: Promise<Revoked>, isReadOnly: boolean): Promise<Loaded> {
    const since = deadSince(held.payload, await revoked)
    if (since === undefined) return loadedFrom(held, isReadOnly)
    // The answer to a request that was on its way must not cost the browser the cookie that it was given instead.
    return Math.abs(this.#tools.clock() - since) < SUPERSEDED_FOR ? SUPERSEDED : MISSING
  }

  /**
   * The id that was drawn is not needed: the cookie is the session. Only where a session moves here from a store it is an
   * anchor, so that all cookies that are made of that session end together.
   */
  async create(drawn: string, record: SessionRecord): Promise<Created> {
    await this.#keepRoom(record)
    const { notBefore } = await this.#revokedOf(record)
    const id = this.#write(record, notBefore, undefined, isAnchor(drawn) ? drawn : undefined)
    return { kind: 'created', id, version: 1 }
  }

  async update(id: string, record: SessionRecord): Promise<Updated> {
    const held = this.#sessions.read(id)
    if (held.kind === 'missing') return MISSING
    const { payload } = held
    // Nobody is asked, so nothing is waited for.
    const notBefore = this.#revoked === undefined ? 0 : await this.#notBeforeFor(record, payload)
    if (notBefore === undefined) return MISSING
    return { kind: 'updated', id: this.#write(record, notBefore, payload), version: 1 }
  }

  /** Since when the record's user may have cookies that take the place of `before`; `undefined` if that one is revoked. */
  async #notBeforeFor(record: SessionRecord, before: CookiePayload): Promise<number | undefined> {
    const revoked = await this.#revokedOf(before.record)
    if (deadSince(before, revoked) !== undefined) return undefined
    await this.#keepRoom(record)
    const isSameUser = before.record.user?.id === record.user?.id
    return (isSameUser ? revoked : await this.#revokedOf(record)).notBefore
  }

  async rotate({ id, record }: Rotation): Promise<Updated> {
    const held = await this.#alive(id)
    if (held === undefined) return MISSING
    await this.#keepRoom(record)
    const { user } = held.payload.record
    const after = await this.#end(held.payload)
    const itsOwn = user !== undefined && user.id === record.user?.id ? after : await this.#revokedOf(record)
    return { kind: 'updated', id: this.#write(record, itsOwn.notBefore), version: 1 }
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const held = this.#sessions.read(id)
    if (held.kind === 'missing') return MISSING
    const updated = await this.update(id, { ...held.payload.record, expires })
    return updated.kind === 'updated' ? { kind: 'touched', id: updated.id } : MISSING
  }

  /**
   * Without a store for revocations this makes no call. With one, a log-out fails if the store cannot note it: a copy of
   * the cookie would still be accepted.
   */
  async delete(id: string): Promise<'deleted' | 'missing'> {
    const held = await this.#alive(id)
    if (held === undefined) return 'missing'
    await this.#end(held.payload)
    return 'deleted'
  }

  async clearExpired(limit: number): Promise<number> {
    return this.#store?.clearExpired(limit) ?? 0
  }

  async inspect(id: string): Promise<Stored | undefined> {
    const opened = this.#sessions.open(id)
    return opened && { key: this.#cookieName, text: opened.text }
  }

  anchorOf(id: string): string | undefined {
    const found = this.#sessions.find(id)
    return found.kind === 'held' ? found.payload.anchor : undefined
  }

  async close(): Promise<void> {
    await this.#store?.close()
  }

  async #revokeUser(userId: string, keep: string | undefined): Promise<string | undefined> {
    const held = keep === undefined ? MISSING : this.#sessions.read(keep)
    const kept = held.kind === 'missing' ? undefined : held.payload
    const before = await this.#revoked?.of(userId)
    const raised = await this.#revoked?.endAll(userId)
    if (kept?.record.user?.id !== userId) return keep
    if (before === undefined || raised === undefined || deadSince(kept, before) !== undefined)
      return undefined
    // Somebody else has revoked them all between the two.
    if (raised.was !== before.notBefore) return undefined
    return this.#write(kept.record, raised.is.notBefore, kept)
  }

  /** The session in the cookie, if nobody has ended it, and what is revoked of its user. */
  async #alive(
    id: string,
  ): Promise<{ readonly payload: CookiePayload; readonly revoked: Revoked } | undefined> {
    const held = this.#sessions.read(id)
    if (held.kind === 'missing') return undefined
    const { payload } = held
    const revoked = await this.#revokedOf(payload.record)
    return deadSince(payload, revoked) === undefined ? { payload, revoked } : undefined
  }

  async #revokedOf({ user }: SessionRecord): Promise<Revoked> {
    return user === undefined || this.#revoked === undefined ? NOTHING_REVOKED : this.#revoked.of(user.id)
  }

  async #keepRoom({ user, expires }: SessionRecord): Promise<void> {
    if (user !== undefined) await this.#revoked?.keepRoom(user.id, expires)
  }

  /** Notes that the session has ended, if somebody is logged in. Answers what is revoked of that user from now on. */
  async #end({ record: { user, expires }, anchor, lastEnd = expires }: CookiePayload): Promise<Revoked> {
    if (user === undefined || anchor === undefined || this.#revoked === undefined) return NOTHING_REVOKED
    return this.#revoked.end(user.id, anchor, lastEnd)
  }

  /** `before`: the session's cookie so far, if it goes on. @throws CookieTooLarge before any header is sent (S41). */
  #write(record: SessionRecord, notBefore: number, before?: CookiePayload, anchor?: string): string {
    const issuedAt = this.#tools.clock()
    const isRevocable = record.user !== undefined && this.#revoked !== undefined
    // A revocation is remembered for no longer than this.
    const expires = isRevocable ? Math.min(record.expires, issuedAt + LONGEST_LIFE) : record.expires
    const lastEnd = before && (before.lastEnd ?? before.record.expires)
    return this.#sessions.make({
      record: expires === record.expires ? record : { ...record, expires },
      issuedAt,
      anchor: before?.anchor ?? anchor ?? newAnchor(),
      notBefore: notBefore > 0 ? notBefore : undefined,
      lastEnd: isRevocable && lastEnd !== undefined && lastEnd > expires ? lastEnd : undefined,
    })
  }
}

function loadedFrom({ payload: { record }, outdated }: Held, isReadOnly: boolean): Loaded {
  // What is remembered goes to nobody who may change it.
  const loaded = { kind: 'found', record: isReadOnly ? record : copyOf(record), version: 1 } as const
  return outdated ? { ...loaded, outdated } : loaded
}
