import { jsonCodec } from '../../codecs/json-codec.js'
import type { SessionRecord, WrittenKeys } from '../../codecs/record.js'
import { attempts } from '../concurrency.js'
import {
  type Capabilities,
  CONFLICT,
  type Created,
  type Engine,
  type EngineTools,
  type Loaded,
  MISSING,
  type Missing,
  type Revocations,
  type Rotated,
  type Rotation,
  type SessionIndex,
  type Stored,
  type Touched,
  type Updated,
} from '../engine.js'
import { EngineMisconfigured } from '../errors.js'
import type { Version } from '../session-store.js'
import { StoreEngine } from '../store-engine.js'
import { contended } from './contended.js'
import { countedStore } from './counted-store.js'
import { Departure } from './departure.js'
import type { MoveStep } from './moving-store.js'
import { OldStore } from './old-store.js'

export interface IntoCookiesParts {
  /** An engine on a store. */
  readonly from: Engine
  /** `signed_cookies`. */
  readonly to: Engine
  readonly step: MoveStep
  readonly tools: EngineTools
}

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
  readonly #old: OldStore
  readonly #departure: Departure
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
    this.#old = new OldStore({ store: countedStore(of.store), format, to: format, clock: tools.clock })
    this.#departure = new Departure({ old: this.#old, index: from.index, codec, to, tools })
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
    if (this.#isInCookie(id)) return this.#departure.arrived(await to.load(id))
    for await (const _ of attempts()) {
      const { key, left } = await this.#departure.find(id)
      if (left.kind === 'leaving') return this.#departure.load(key, left)
      const loaded = await from.load(id)
      if (left.kind !== 'session') return loaded
      // Between the two looks a mark took its place, or it ended.
      if (loaded.kind !== 'found') continue
      if (!this.#isMoving || !(await this.#departure.fits(key, loaded.record))) return loaded
      if ((await this.#old.markLeaving(key, left)) !== undefined) this.onMoved()
    }
    throw contended()
  }

  create(id: string, record: SessionRecord): Promise<Created> {
    return (this.#isMoving ? this.#parts.to : this.#parts.from).create(id, record)
  }

  async update(id: string, record: SessionRecord, version: Version, written?: WrittenKeys): Promise<Updated> {
    const { from, to } = this.#parts
    if (this.#isInCookie(id)) return to.update(id, record, version, written)
    const { key, left } = await this.#departure.find(id)
    if (left.kind === 'leaving')
      return this.#departure.isAt(version, key, left) ? this.#departure.issue(key, record) : CONFLICT
    const updated = await from.update(id, record, version, written)
    return updated.kind === 'missing' ? this.#refused(id) : updated
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const { from, to } = this.#parts
    if (this.#isInCookie(id)) return to.touch(id, expires)
    const { key, left } = await this.#departure.find(id)
    // A mark that comes meanwhile is extended too, and so is the session.
    if (left.kind !== 'leaving') return from.touch(id, expires)
    const found = this.#departure.recordIn(key, left)
    const issued = found && (await this.#departure.issue(key, { ...found.record, expires }))
    return issued?.kind === 'updated' ? { kind: 'touched', id: issued.id } : MISSING
  }

  async rotate(rotation: Rotation): Promise<Rotated> {
    const { from, to } = this.#parts
    if (this.#isInCookie(rotation.id)) return to.rotate(rotation)
    const { key, left } = await this.#departure.find(rotation.id)
    if (left.kind !== 'leaving') {
      const rotated = await from.rotate(rotation)
      return rotated.kind === 'missing' ? this.#refused(rotation.id) : rotated
    }
    if (!this.#departure.isAt(rotation.version, key, left)) return CONFLICT
    const created = await to.create('', rotation.record)
    if (created.kind === 'taken') return created
    if (!(await this.#departure.end(key, left))) return CONFLICT
    return { ...created, kind: 'updated' }
  }

  async delete(id: string): Promise<'deleted' | 'missing' | 'superseded'> {
    const { from, to } = this.#parts
    if (this.#isInCookie(id)) return to.delete(id)
    for await (const _ of attempts()) {
      const { key, left } = await this.#departure.find(id)
      if (left.kind !== 'leaving' && left.kind !== 'session') return from.delete(id)
      // By its version: a mark that takes its place meanwhile may be in a cookie already.
      const isDone = left.kind === 'leaving' ? this.#departure.end(key, left) : this.#old.end(key, left)
      if (await isDone) return 'deleted'
    }
    throw contended()
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

  /** A step in the store was refused: because the session has left meanwhile, or has ended. */
  async #refused(id: string): Promise<Missing | typeof CONFLICT> {
    return (await this.#departure.find(id)).left.kind === 'leaving' ? CONFLICT : MISSING
  }
}
