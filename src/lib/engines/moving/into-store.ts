import { createHmac, hash } from 'node:crypto'
import { type Keys, keysFor } from '../../codecs/keys.js'
import type { SessionRecord, SessionUser } from '../../codecs/record.js'
import { backoff, MAX_ATTEMPTS } from '../concurrency.js'
import {
  type Capabilities,
  type Created,
  type Engine,
  type EngineTools,
  type Loaded,
  MISSING,
  type Rotated,
  type Rotation,
  type SessionIndex,
  type Stored,
  SUPERSEDED,
  type Touched,
  type Updated,
} from '../engine.js'
import { EngineMisconfigured, EngineUnavailable } from '../errors.js'
import type { Version } from '../session-store.js'
import type { MoveStep } from './moving-store.js'

/** How long an old id reads as superseded once the new one is in use: milliseconds. */
const SUPERSEDED_FOR = 60_000

/** Puts a session into the list of its user before it arrives at `id`. */
export type Announce = (user: SessionUser, id: string, expires: number) => Promise<void>

export interface IntoStoreParts {
  /** Where sessions are: an engine that is not on a store, such as `signed_cookies`. */
  readonly from: Engine
  readonly to: Engine
  readonly step: MoveStep
  readonly tools: EngineTools
  /** Of the application: new ids of sessions that move are made with the first. */
  readonly secretKeys: readonly [string, ...string[]]
  /** How long sessions live, at the least: milliseconds. */
  readonly cookieAge: number
}

/** An engine and the id that a session has there. */
interface Place {
  readonly engine: Engine
  readonly id: string
  readonly isOld: boolean
}

/**
 * Moves sessions into a store out of what is none: cookies that hold their session, or Django's table. A session moves when
 * its visitor comes, and gets the id that a keyed hash of the old one makes; of sessions in cookies, of what all cookies of
 * one session have in common. In this order:
 *
 * 1. The log-in is put into its user's list, under the new key.
 * 2. The session is stored at the new id. Of two requests with one old id only one can.
 * 3. A claim on the old id, an entry that only one request can insert. From here on the old id leads to the new session, or
 *    to nothing when that has ended; it never moves again. It stays as long as the old id could be good.
 * 4. The old session is looked at once more, and ended. If it was logged out meanwhile, so is the new one.
 *
 * A request that is cut off before step 3 has moved nothing that anybody could have ended: whoever comes next finds the
 * session, and claims it. The answer with the new id can get lost. So the old id leads to the session until the new one was
 * seen, and for the grace after that, as after a renewal (`SessionRecord.renewal`).
 */
export class IntoStore implements Engine {
  readonly name: string
  readonly capabilities: Capabilities
  readonly index?: SessionIndex
  readonly #parts: IntoStoreParts
  readonly #claims: SessionIndex
  readonly #keys: Keys
  readonly #isMoving: boolean
  announce: Announce = async () => {}
  onMoved: () => void = () => {}

  /** @throws EngineMisconfigured if the new engine is no store. */
  constructor(parts: IntoStoreParts) {
    const { from, to, step } = parts
    if (to.index === undefined)
      throw new EngineMisconfigured(
        `sessions cannot be moved into ${to.name}: it has no index (storeEngine makes one)`,
      )
    this.#parts = parts
    this.#claims = to.index
    this.#isMoving = step === 'move'
    this.#keys = keysFor('tessera moved ids', parts.secretKeys)
    const used = this.#isMoving ? to : from
    this.name = used.name
    this.capabilities = { ...used.capabilities, shared: from.capabilities.shared && to.capabilities.shared }
    // Until all processes move, log-ins are where they were: in no list.
    if (this.#isMoving)
      this.index = indexWith(
        to.index,
        (id) => to.index?.keyOf(this.#isOld(id) ? this.#newIdOf(id) : id) ?? id,
      )
  }

  isId(text: string): boolean {
    const { from, to } = this.#parts
    return (from.isId?.(text) ?? true) || (to.isId?.(text) ?? true)
  }

  async load(id: string): Promise<Loaded> {
    const { to } = this.#parts
    if (!this.#isOld(id)) {
      const loaded = await to.load(id)
      // Django's ids look like ours.
      if (loaded.kind !== 'missing' || !this.#mayBeOld(id)) return loaded
      const old = await this.#loadOld(id)
      return old.kind === 'missing' ? loaded : old
    }
    return this.#loadOld(id)
  }

  create(id: string, record: SessionRecord): Promise<Created> {
    return this.#used.create(id, record)
  }

  async update(id: string, record: SessionRecord, version: Version): Promise<Updated> {
    const place = await this.#placeOf(id)
    return place.engine.update(place.id, this.#marked(place, record), version)
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const place = await this.#placeOf(id)
    return place.engine.touch(place.id, expires)
  }

  async rotate(rotation: Rotation): Promise<Rotated> {
    const { engine, id } = await this.#placeOf(rotation.id)
    const { from } = this.#parts
    if (this.#isMoving || engine === from) return engine.rotate({ ...rotation, id })
    // Somebody logs in while all others log in to the old engine: the session goes back there, and moves again later.
    const loaded = await engine.load(id)
    if (loaded.kind !== 'found') return MISSING
    if (loaded.version !== rotation.version) return { kind: 'conflict' }
    if ((await engine.delete(id)) !== 'deleted') return MISSING
    const created = await from.create(rotation.to, rotation.record)
    return created.kind === 'taken' ? created : { ...created, kind: 'updated' }
  }

  async delete(id: string): Promise<'deleted' | 'missing' | 'superseded'> {
    const place = await this.#placeOf(id)
    return place.engine.delete(place.id)
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
    const place = await this.#placeOf(id)
    return place.engine.inspect?.(place.id)
  }

  successorOf(id: string, drawn: string): string {
    const { to } = this.#parts
    if (!this.#isMoving) return drawn
    return to.successorOf?.(this.#isOld(id) ? this.#newIdOf(id) : id, drawn) ?? drawn
  }

  anchorOf(id: string): string | undefined {
    return this.#parts.from.anchorOf?.(id)
  }

  async close(): Promise<void> {
    await Promise.all([this.#parts.from.close(), this.#parts.to.close()])
  }

  get #used(): Engine {
    return this.#isMoving ? this.#parts.to : this.#parts.from
  }

  /** Whether it can be no id of the new engine. */
  #isOld(id: string): boolean {
    const { to } = this.#parts
    return this.#mayBeOld(id) && to.isId !== undefined && !to.isId(id)
  }

  #mayBeOld(id: string): boolean {
    return this.#parts.from.isId?.(id) ?? true
  }

  /** What the old id is known by: the same for all cookies of one session. */
  #seedOf(id: string): string {
    return this.#parts.from.anchorOf?.(id) ?? id
  }

  #newIdOf(id: string): string {
    return createHmac('sha256', this.#keys[0]).update(this.#seedOf(id)).digest('hex').slice(0, 32)
  }

  #claimOf(id: string): string {
    return `moved-${hash('sha256', this.#seedOf(id), 'hex')}`
  }

  /** Where the session is that was loaded with `id`. */
  async #placeOf(id: string): Promise<Place> {
    const { from, to } = this.#parts
    if (!this.#mayBeOld(id)) return { engine: to, id, isOld: false }
    if (!this.#isOld(id) && (await to.load(id)).kind !== 'missing') return { engine: to, id, isOld: false }
    const isMoved = this.#isMoving || (await this.#claims.read(this.#claimOf(id))) !== undefined
    return isMoved ? { engine: to, id: this.#newIdOf(id), isOld: true } : { engine: from, id, isOld: true }
  }

  /** What is written with the old id goes on leading from there until the new one was seen. */
  #marked({ engine, isOld }: Place, record: SessionRecord): SessionRecord {
    const { to, tools } = this.#parts
    if (!isOld || engine !== to || record.renewal !== undefined) return record
    return { ...record, renewal: { since: tools.clock() } }
  }

  async #loadOld(id: string): Promise<Loaded> {
    const { from, to } = this.#parts
    const newId = this.#newIdOf(id)
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await backoff(attempt)
      const [claim, there] = await Promise.all([this.#claims.read(this.#claimOf(id)), to.load(newId)])
      if (claim !== undefined) return this.#asOld(there)
      const old = await from.load(id)
      // Another request may have moved it between the two looks.
      if (old.kind !== 'found' && (await this.#claims.read(this.#claimOf(id))) !== undefined) continue
      if (old.kind !== 'found' || !this.#isMoving) return old
      await this.#carry(id, newId, old)
    }
    throw new EngineUnavailable('others moved this session every time')
  }

  /** What stands at the new id, for a request with the old one. */
  #asOld(there: Loaded): Loaded {
    if (there.kind !== 'found') return there
    const now = this.#parts.tools.clock()
    const { renewal, ...record } = there.record
    // It has another id by now, so the new one was seen.
    if (renewal === undefined || there.renewed !== undefined) return SUPERSEDED
    if (renewal.until === undefined) return { ...there, record, outdated: true }
    if (now < renewal.until) return { ...there, outdated: true }
    return now - renewal.until < SUPERSEDED_FOR ? SUPERSEDED : { kind: 'missing', why: 'superseded' }
  }

  async #carry(id: string, newId: string, old: Extract<Loaded, { kind: 'found' }>): Promise<void> {
    const { from, to, tools, cookieAge } = this.#parts
    const now = tools.clock()
    const { user, expires } = old.record
    const arriving = (record: SessionRecord): SessionRecord => ({
      ...record,
      renewedAt: now,
      renewal: { since: now },
    })
    if (user !== undefined) await this.announce(user, newId, expires)
    await to.create(newId, arriving(old.record))
    const until = Math.max(expires, now + cookieAge)
    if (!(await this.#claims.write(this.#claimOf(id), {}, until, undefined))) return
    const again = await from.load(id)
    if (again.kind !== 'found') {
      await to.delete(newId)
      return
    }
    if (again.version !== old.version) {
      const there = await to.load(newId)
      if (there.kind === 'found') await to.update(newId, arriving(again.record), there.version)
    }
    this.onMoved()
    try {
      await from.delete(id)
    } catch (error) {
      // The claim keeps it from being used here. It will expire there.
      tools.logger.warn({ err: error }, 'a session was moved and could not be ended where it was')
    }
  }
}

/** The same index, under other keys. */
function indexWith(index: SessionIndex, keyOf: (id: string) => string): SessionIndex {
  return {
    keyOf,
    load: (key) => index.load(key),
    evict: (key) => index.evict(key),
    read: (name) => index.read(name),
    write: (...list) => index.write(...list),
    ...(index.follow && {
      follow: (key: string) => index.follow?.(key) as ReturnType<NonNullable<SessionIndex['follow']>>,
    }),
    ...(index.listen && { listen: index.listen }),
    ...(index.scan && { scan: index.scan }),
  }
}
