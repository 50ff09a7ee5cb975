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
  type Revocations,
  type Rotated,
  type Rotation,
  type SessionIndex,
  type Stored,
  SUPERSEDED,
  type Touched,
  type Updated,
} from '../engine.js'
import { SUPERSEDED_FOR } from '../entries.js'
import { EngineMisconfigured } from '../errors.js'
import type { Version } from '../session-store.js'
import { Arrival } from './arrival.js'
import { Claims } from './claims.js'
import { contended } from './contended.js'
import type { MoveStep } from './moving-store.js'
import { type EngineAndId, indexWith, Places } from './places.js'
import { PreparedRotations } from './prepared-rotations.js'
import { type Old, Source } from './source.js'

export interface IntoStoreParts {
  /** Where sessions are: an engine that is not on a store, such as `signed_cookies`. */
  readonly from: Engine
  readonly to: Engine
  readonly step: MoveStep
  readonly tools: EngineTools
  /** Of the application: what the store has of new ids is sealed with each. */
  readonly secretKeys: readonly [string, ...string[]]
  /** How long sessions live, at the least: milliseconds. */
  readonly cookieAge: number
}

/**
 * Moves sessions into a store out of what is none: cookies that hold their session, or Django's table. A session moves when
 * its visitor comes (`Arrival` says how), and gets a new id.
 *
 * The answer with the new id can get lost. So the old id leads to the session until the new one was seen, and for the grace
 * after that, as after a renewal (`SessionRecord.renewal`).
 *
 * A process that prepares leaves sessions where they are, unless somebody has claimed the old id. Between its look at the
 * claim and its write somebody can do so: it looks again, and what it wrote in vain counts as a conflict.
 */
export class IntoStore implements Engine {
  readonly name: string
  readonly capabilities: Capabilities
  readonly index?: SessionIndex
  readonly revocations?: Revocations
  /** How one session moves. */
  readonly arrival: Arrival
  readonly #parts: IntoStoreParts
  readonly #claims: Claims
  readonly #source: Source
  readonly #places: Places
  readonly #prepared: PreparedRotations
  readonly #isMoving: boolean

  /** @throws EngineMisconfigured if the new engine is no store. */
  constructor(parts: IntoStoreParts) {
    const { from, to, step, tools } = parts
    if (to.index === undefined)
      throw new EngineMisconfigured(
        `sessions cannot be moved into ${to.name}: it has no index (storeEngine makes one)`,
      )
    this.#parts = parts
    this.#isMoving = step === 'move'
    this.#claims = new Claims(to.index, parts.secretKeys)
    this.#source = new Source(from, tools.clock)
    this.arrival = new Arrival({ ...parts, source: this.#source, claims: this.#claims })
    this.#places = new Places({ ...parts, source: this.#source, claims: this.#claims })
    this.#prepared = new PreparedRotations({ ...parts, source: this.#source, places: this.#places })
    const used = this.#isMoving ? to : from
    this.name = used.name
    this.capabilities = { ...used.capabilities, shared: from.capabilities.shared && to.capabilities.shared }
    // Until all processes move, log-ins are where they were: in no list.
    if (this.#isMoving)
      this.index = indexWith(to.index, (id) => to.index?.keyOf(this.#places.known(id)) ?? id)
    else if (from.revocations) this.revocations = from.revocations
  }

  isId(text: string): boolean {
    const { from, to } = this.#parts
    return (from.isId?.(text) ?? true) || (to.isId?.(text) ?? true)
  }

  async load(id: string): Promise<Loaded> {
    const { to } = this.#parts
    if (!this.#places.isOld(id)) {
      const loaded = await to.load(id)
      // Django's ids look like ours.
      if (loaded.kind !== 'missing' || !this.#places.mayBeOld(id)) return loaded
      const old = await this.#loadOld(id)
      return old.kind === 'missing' ? loaded : old
    }
    return this.#loadOld(id)
  }

  async create(id: string, record: SessionRecord): Promise<Created> {
    const { from, to } = this.#parts
    return this.#isMoving ? to.create(id, record) : this.#source.versioned(await from.create(id, record))
  }

  async update(id: string, record: SessionRecord, version: Version, written?: WrittenKeys): Promise<Updated> {
    const { to } = this.#parts
    const place = await this.#places.of(id)
    if (place === undefined) return MISSING
    if (place.engine === to && this.#source.isItsOwn(version)) return CONFLICT
    if (place.engine === to) return to.update(place.id, this.#marked(place, record), version, written)
    const updated = await this.#source.update(id, record, version, written)
    if (updated.kind === 'updated' && this.#source.isStored) return updated
    return (await this.#places.isClaimed(id)) ? CONFLICT : updated
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const { to } = this.#parts
    const place = await this.#places.of(id)
    if (place === undefined) return MISSING
    if (!place.isOld) return to.touch(place.id, expires)
    if (place.engine !== to) {
      const touched = await this.#source.touch(id, expires)
      if (!(await this.#places.isClaimed(id))) return touched
    }
    // The steps that are left write the end that was read before.
    const loaded = await this.#loadOld(id)
    return loaded.kind === 'found' ? to.touch(this.#places.known(id), expires) : MISSING
  }

  async rotate(rotation: Rotation): Promise<Rotated> {
    const { to } = this.#parts
    const place = await this.#places.of(rotation.id)
    if (place === undefined) return MISSING
    if (place.engine !== to) return this.#prepared.rotate(rotation)
    return this.#isMoving
      ? to.rotate({ ...rotation, id: place.id })
      : this.#prepared.rotateBack(place.id, rotation)
  }

  async delete(id: string): Promise<'deleted' | 'missing' | 'superseded'> {
    for await (const _ of attempts()) {
      const place = await this.#places.of(id)
      if (place === undefined) return 'missing'
      if (place.engine !== this.#parts.from) return place.engine.delete(place.id)
      const old = await this.#source.find(id)
      // It may have moved between the two looks.
      if (old.kind !== 'session' && !(await this.#places.isClaimed(id))) return 'missing'
      // First the claim: what is on its way does not get any further.
      if (old.kind === 'session' && (await this.#places.end(id, old.record.expires)))
        return place.engine.delete(id)
    }
    throw contended()
  }

  async clearExpired(limit: number): Promise<number> {
    const { from, to } = this.#parts
    const removed = await to.clearExpired(limit)
    return removed < limit ? removed + (await from.clearExpired(limit - removed)) : removed
  }

  async lease(name: string, milliseconds: number): Promise<boolean> {
    return (await this.#parts.to.lease?.(name, milliseconds)) ?? true
  }

  async inspect(id: string): Promise<Stored | undefined> {
    const place = await this.#places.of(id)
    return place?.engine.inspect?.(place.id)
  }

  successorOf(id: string, drawn: string): string {
    const { to } = this.#parts
    if (!this.#isMoving) return drawn
    return to.successorOf?.(this.#places.known(id), drawn) ?? drawn
  }

  anchorOf(id: string): string | undefined {
    return this.#parts.from.anchorOf?.(id)
  }

  async close(): Promise<void> {
    await Promise.all([this.#parts.from.close(), this.#parts.to.close()])
  }

  /** What is written with the old id goes on leading from there until the new one was seen. */
  #marked({ isOld }: EngineAndId, record: SessionRecord): SessionRecord {
    if (!isOld || record.renewal !== undefined) return record
    return { ...record, renewal: { since: this.#parts.tools.clock() } }
  }

  async #loadOld(id: string): Promise<Loaded> {
    const name = this.#source.claimOf(id)
    for await (const _ of attempts()) {
      const claim = await this.#claims.read(name)
      if (claim?.kind === 'ended') return this.#isLate(claim.at) ? MISSING : SUPERSEDED
      if (claim?.kind === 'moved') {
        const arrived = await this.arrival.settle(id, claim.newId)
        if (arrived !== undefined) return this.#asOld(arrived)
        continue
      }
      const old = await this.#source.find(id)
      // Another request may have moved it between the two looks.
      if (old.kind !== 'session' && (await this.#claims.read(name)) !== undefined) continue
      if (old.kind === 'marked') return MISSING
      if (old.kind === 'gone') return old.loaded
      if (!this.#isMoving) return loadedFrom(old)
      await this.arrival.begin(name, old, this.#places.until(old.record.expires))
    }
    throw contended()
  }

  /** What stands at the new id, for a request with the old one. */
  #asOld(there: Loaded): Loaded {
    if (there.kind !== 'found') return there
    const { renewal, ...record } = there.record
    // It has another id by now, so the new one was seen.
    if (renewal === undefined || there.renewed !== undefined) return SUPERSEDED
    if (renewal.until === undefined) return { ...there, record, outdated: true }
    if (this.#parts.tools.clock() < renewal.until) return { ...there, outdated: true }
    return this.#isLate(renewal.until) ? { kind: 'missing', why: 'superseded' } : SUPERSEDED
  }

  /** Whether no request can be on its way any more that was sent before `at`. */
  #isLate(at: number): boolean {
    return this.#parts.tools.clock() - at >= SUPERSEDED_FOR
  }
}

function loadedFrom({ record, version, outdated }: Old): Loaded {
  return { kind: 'found', record, version, ...(outdated && { outdated }) }
}
