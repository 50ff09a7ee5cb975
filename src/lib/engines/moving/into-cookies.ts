import { jsonCodec } from '../../codecs/json-codec.js'
import { type Keys, keysFor, macOf } from '../../codecs/keys.js'
import type { SessionRecord, WrittenKeys } from '../../codecs/record.js'
import { backoff, MAX_ATTEMPTS } from '../concurrency.js'
import {
  type Capabilities,
  type Created,
  type Engine,
  type EngineTools,
  type Loaded,
  MISSING,
  type Revocations,
  type Rotated,
  type Rotation,
  type SessionIndex,
  type Stored,
  type Touched,
  type Updated,
} from '../engine.js'
import { CookieTooLarge, EngineMisconfigured, EngineUnavailable } from '../errors.js'
import type { Version } from '../session-store.js'
import { StoreEngine } from '../store-engine.js'
import { countedStore } from './counted-store.js'
import type { MoveStep } from './moving-store.js'
import { type Left, OldStore } from './old-store.js'

/** Of a keyed hash, so many characters are an anchor of a cookie. */
const ANCHOR_LENGTH = 22

export interface IntoCookiesParts {
  /** An engine on a store. */
  readonly from: Engine
  /** `signed_cookies`. */
  readonly to: Engine
  readonly step: MoveStep
  readonly tools: EngineTools
  readonly secretKeys: readonly [string, ...string[]]
}

/** A session that has left the store, and is in no cookie that anybody has brought. */
type Leaving = Extract<Left, { kind: 'leaving' }>

/**
 * Moves sessions out of a store into the cookies of their visitors.
 *
 * When a visitor comes, a mark takes the place of the session in the store. It holds the text, and reads as ended for a
 * process that knows nothing of the move, so no such process can change the session any more. The answer has the session in
 * a cookie, with the key of the mark. That answer can get lost: until a request brings the cookie, the old id leads to the
 * mark, and each answer to it has a cookie. With the first request that brings the cookie the mark loses its text, and the
 * old id is dead. All cookies that are made of one mark have one anchor: a log-out ends them together, where revocations
 * are remembered.
 *
 * A session that is too large for a cookie stays in the store, and is used there.
 */
export class IntoCookies implements Engine {
  readonly name: string
  readonly capabilities: Capabilities
  readonly index?: SessionIndex
  readonly revocations?: Revocations
  readonly #parts: IntoCookiesParts
  readonly #index: SessionIndex
  readonly #old: OldStore
  readonly #codec
  readonly #keys: Keys
  readonly #isMoving: boolean
  onMoved: () => void = () => {}

  /** @throws EngineMisconfigured if the old engine is on no store. */
  constructor(parts: IntoCookiesParts) {
    const { from, to, step, tools } = parts
    const of = StoreEngine.partsOf(from)
    if (of === undefined || from.index === undefined)
      throw new EngineMisconfigured(
        `sessions cannot be moved from ${from.name} to ${to.name}: one of them has to be a store`,
      )
    const { keyPrefix = 'keyv', codec = jsonCodec } = of
    const format = { keyPrefix, codec }
    this.#parts = parts
    this.#index = from.index
    this.#codec = codec
    this.#old = new OldStore({ store: countedStore(of.store), format, to: format, clock: tools.clock })
    this.#keys = keysFor('tessera moved cookies', parts.secretKeys)
    this.#isMoving = step === 'move'
    const used = this.#isMoving ? to : from
    this.name = used.name
    this.capabilities = { ...used.capabilities, shared: from.capabilities.shared && to.capabilities.shared }
    if (!this.#isMoving) this.index = from.index
    else if (to.revocations) this.revocations = to.revocations
  }

  isId(text: string): boolean {
    const { from, to } = this.#parts
    return (to.isId?.(text) ?? true) || (from.isId?.(text) ?? true)
  }

  async load(id: string): Promise<Loaded> {
    const { from, to } = this.#parts
    if (this.#isInCookie(id)) return this.#loadCookie(await to.load(id))
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await backoff(attempt)
      const key = await this.#keyOf(id)
      const left = await this.#old.find(key)
      if (left.kind === 'leaving') return this.#loadMark(key, left)
      const loaded = await from.load(id)
      if (!this.#isMoving || left.kind !== 'session' || loaded.kind !== 'found') return loaded
      if (!(await this.#fits(key, loaded.record))) return loaded
      if ((await this.#old.markLeaving(key, left)) !== undefined) this.onMoved()
    }
    throw new EngineUnavailable('others changed this session every time')
  }

  create(id: string, record: SessionRecord): Promise<Created> {
    return (this.#isMoving ? this.#parts.to : this.#parts.from).create(id, record)
  }

  async update(id: string, record: SessionRecord, version: Version, written?: WrittenKeys): Promise<Updated> {
    const { from, to } = this.#parts
    if (this.#isInCookie(id)) return to.update(id, record, version, written)
    const { key, mark } = await this.#markOf(id)
    if (mark === undefined) return from.update(id, record, version, written)
    const created = await this.#intoCookie(key, record)
    return { kind: 'updated', id: created.id, version: created.version }
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const { from, to } = this.#parts
    if (this.#isInCookie(id)) return to.touch(id, expires)
    const { key, mark } = await this.#markOf(id)
    if (mark === undefined) return from.touch(id, expires)
    const record = this.#recordIn(key, mark)
    if (record === undefined) return MISSING
    return { kind: 'touched', id: (await this.#intoCookie(key, { ...record, expires })).id }
  }

  async rotate(rotation: Rotation): Promise<Rotated> {
    const { from, to } = this.#parts
    if (this.#isInCookie(rotation.id)) return to.rotate(rotation)
    const { key, mark } = await this.#markOf(rotation.id)
    if (mark === undefined) return from.rotate(rotation)
    if (!(await this.#end(key, mark))) return MISSING
    const created = await to.create('', rotation.record)
    return created.kind === 'taken' ? created : { ...created, kind: 'updated' }
  }

  async delete(id: string): Promise<'deleted' | 'missing' | 'superseded'> {
    const { from, to } = this.#parts
    if (this.#isInCookie(id)) return to.delete(id)
    const { key, mark } = await this.#markOf(id)
    if (mark === undefined) return from.delete(id)
    return (await this.#end(key, mark)) ? 'deleted' : 'missing'
  }

  async clearExpired(limit: number): Promise<number> {
    const { from, to } = this.#parts
    const removed = await from.clearExpired(limit)
    return removed < limit ? removed + (await to.clearExpired(limit - removed)) : removed
  }

  async lease(name: string, milliseconds: number): Promise<boolean> {
    return (await this.#parts.from.lease?.(name, milliseconds)) ?? true
  }

  async inspect(id: string): Promise<Stored | undefined> {
    const { from, to } = this.#parts
    return (this.#isInCookie(id) ? to : from).inspect?.(id)
  }

  successorOf(id: string, drawn: string): string {
    return this.#isInCookie(id) ? drawn : (this.#parts.from.successorOf?.(id, drawn) ?? drawn)
  }

  anchorOf(id: string): string | undefined {
    return this.#parts.to.anchorOf?.(id)
  }

  async close(): Promise<void> {
    await Promise.all([this.#parts.from.close(), this.#parts.to.close()])
  }

  #isInCookie(id: string): boolean {
    return this.#parts.to.isId?.(id) ?? false
  }

  /** With the first request that brings it the mark is ended. The next cookie does not name the mark any more. */
  async #loadCookie(loaded: Loaded): Promise<Loaded> {
    const key = loaded.kind === 'found' ? loaded.record.renewal?.from : undefined
    if (loaded.kind !== 'found' || key === undefined) return loaded
    const left = await this.#old.find(key)
    if (left.kind === 'leaving') await this.#old.markMoved(key, left, loaded.record.expires)
    const { renewal: _, ...record } = loaded.record
    return { ...loaded, record, outdated: true }
  }

  #loadMark(key: string, mark: Leaving): Loaded {
    const record = this.#recordIn(key, mark)
    if (record === undefined || record.expires <= this.#parts.tools.clock()) return MISSING
    return { kind: 'found', record, version: 1, outdated: true }
  }

  #recordIn(key: string, { raw, text }: Leaving): SessionRecord | undefined {
    const entry = this.#codec.decode(text, key)
    if (entry?.kind !== 'session') return undefined
    // Renewals are of ids in the store.
    const { renewal: _, renewedAt: __, ...record } = entry.record
    return { ...record, expires: raw.expires }
  }

  /** Where the session stands, also if its id was renewed. */
  async #keyOf(id: string): Promise<string> {
    const key = this.#index.keyOf(id)
    const left = await this.#old.find(key)
    return left.kind === 'tombstone' ? ((await this.#index.follow?.(key))?.key ?? key) : key
  }

  async #markOf(id: string): Promise<{ readonly key: string; readonly mark: Leaving | undefined }> {
    const key = await this.#keyOf(id)
    const left = await this.#old.find(key)
    return { key, mark: left.kind === 'leaving' ? left : undefined }
  }

  #anchorOf(key: string): string {
    return macOf(key, this.#keys[0]).slice(0, ANCHOR_LENGTH)
  }

  async #intoCookie(key: string, record: SessionRecord): Promise<Extract<Created, { kind: 'created' }>> {
    const renewal = { since: this.#parts.tools.clock(), from: key }
    const created = await this.#parts.to.create(this.#anchorOf(key), { ...record, renewal })
    if (created.kind === 'taken') throw new EngineUnavailable('the cookie was taken')
    return created
  }

  async #fits(key: string, record: SessionRecord): Promise<boolean> {
    try {
      await this.#intoCookie(key, record)
      return true
    } catch (error) {
      if (!(error instanceof CookieTooLarge)) throw error
      this.#parts.tools.logger.warn(
        {},
        'a session is too large for a cookie, and stays in the store of MOVE_FROM',
      )
      return false
    }
  }

  /** Ends the mark, and with its anchor all cookies that were made of it. */
  async #end(key: string, mark: Leaving): Promise<boolean> {
    const { to } = this.#parts
    const record = this.#recordIn(key, mark)
    if (record !== undefined) await to.delete((await this.#intoCookie(key, record)).id)
    return this.#old.markMoved(key, mark, mark.raw.expires)
  }
}
