import {
  isObject,
  isTime,
  type JsonObject,
  parseRecord,
  type SessionRecord,
  type SessionUser,
} from '../../codecs/record.js'
import type { Engine, EngineTools, Loaded } from '../engine.js'
import { generateId } from '../ids.js'
import type { Claims } from './claims.js'
import type { Old, Source } from './source.js'

/** Puts a session into the list of its user before it arrives at `id`. */
export type Announce = (user: SessionUser, id: string, expires: number) => Promise<void>

type Found = Extract<Loaded, { kind: 'found' }>

export interface ArrivalParts {
  readonly source: Source
  readonly to: Engine
  readonly claims: Claims
  readonly tools: EngineTools
}

/**
 * Brings one session into the store. In this order, each step one write:
 *
 * 1. It is put at a new id, as data of an anonymous session: nobody knows the id, and no list has it.
 * 2. The claim: an entry for the old id that only one can insert. It names the new id. Whoever does not get it takes away
 *    what they have put. From here on every process uses the new id.
 * 3. The log-in is put into its user's list, under the new key.
 * 4. The old session is looked at once more. What is newer there takes the place of what was put at the new id. Then a mark
 *    takes the place of the old session, by its version: from here on nobody can write to it. Of a cookie there is no one
 *    place; here it is only looked whether it was revoked.
 * 5. The session takes the place of its data, by the version. It can be used.
 * 6. The old session is ended.
 *
 * A process can stop between any two steps, for any time. Whoever comes next with the old id goes on after the claim:
 *
 * - Nothing is ever put at an id twice, so nobody brings back what was ended at the new id.
 * - Between 2 and 5 nobody can use or change what is at the new id, but those who bring it, each by the version that they
 *   have read. Step 5 comes after a mark that has the version of that text, so no update is lost.
 * - A log-out at the new id removes what stands there. One of the old id is a claim, too: it comes before step 2 or after.
 * - A revocation ends first what has not moved, and then what is listed. Before step 4 it is seen there; after it the list
 *   has the new key.
 *
 * A cookie can be made by a process that prepares before step 2, and come here after step 5. As long as nobody has changed or
 * used the session at its new id, the newer of two cookies takes its place.
 */
export class Arrival {
  readonly #parts: ArrivalParts
  announce: Announce = async () => {}
  onMoved: () => void = () => {}

  constructor(parts: ArrivalParts) {
    this.#parts = parts
  }

  /** Steps 1 and 2. `until`: how long the old id could be good, in milliseconds since 1970. */
  async begin(claim: string, old: Old, until: number): Promise<void> {
    const { to, claims, tools } = this.#parts
    const newId = generateId()
    const now = tools.clock()
    if ((await to.create(newId, wrapped(old, now))).kind === 'taken') return
    if (!(await claims.move(claim, newId, until))) await to.delete(newId)
  }

  /**
   * What the claim leads to, after the steps that are left. `undefined`: somebody has done one of them, so that all is to be
   * looked at again.
   */
  async settle(id: string, newId: string): Promise<Loaded | undefined> {
    const there = await this.#parts.to.load(newId)
    if (there.kind !== 'found') return there
    const brought = unwrapped(there.record)
    return brought === undefined ? this.#settled(id, newId, there) : this.#finish(id, newId, there, brought)
  }

  /** Steps 3 to 6. */
  async #finish(
    id: string,
    newId: string,
    there: Found,
    brought: Pick<Old, 'record' | 'writes'>,
  ): Promise<Loaded | undefined> {
    const { source, to, tools } = this.#parts
    const { user, expires } = brought.record
    if (user !== undefined) await this.announce(user, newId, expires)
    const old = await source.find(id)
    if (old.kind === 'gone') {
      // It was ended, or somebody has done all the steps between the two looks.
      const again = await to.load(newId)
      return again.kind === 'found' && unwrapped(again.record) !== undefined ? old.loaded : undefined
    }
    if (old.kind === 'session') {
      if (source.isNewer(old, brought)) {
        await to.update(newId, wrapped(old, tools.clock()), there.version)
        return undefined
      }
      if (!(await source.mark(id, old))) return undefined
    }
    const record = arrived(brought, tools.clock(), source)
    const updated = await to.update(newId, record, there.version)
    if (updated.kind !== 'updated') return undefined
    this.onMoved()
    await this.#end(id)
    return { kind: 'found', record, version: updated.version }
  }

  /** A newer cookie takes the place of the one that was moved, as long as nobody has changed or used the session here. */
  async #settled(id: string, newId: string, there: Found): Promise<Loaded | undefined> {
    const { source, to, tools } = this.#parts
    const { writes } = there.record.renewal ?? {}
    if (writes === undefined || there.renewed !== undefined) return there
    const copy = await source.copyIn(id)
    if (copy === undefined || copy.writes <= writes) return there
    await to.update(newId, arrived(copy, tools.clock(), source), there.version)
    return undefined
  }

  async #end(id: string): Promise<void> {
    const { source, tools } = this.#parts
    try {
      await source.engine.delete(id)
    } catch (error) {
      // The claim keeps it from being used here. It will expire there.
      tools.logger.warn({ err: error }, 'a session was moved and could not be ended where it was')
    }
  }
}

/** A session on its way: data that nobody reads as one. */
function wrapped({ record, writes }: Old, now: number): SessionRecord {
  const { createdAt, expires } = record
  return {
    data: { arriving: JSON.parse(JSON.stringify(record)) as JsonObject, writes },
    createdAt,
    expires,
    renewal: { since: now, arriving: true },
  }
}

function unwrapped({ data, renewal }: SessionRecord): Pick<Old, 'record' | 'writes'> | undefined {
  const { arriving, writes } = data
  if (renewal?.arriving !== true || !isObject(arriving) || !isTime(writes)) return undefined
  const record = parseRecord(arriving, arriving.expires)
  return record && { record, writes }
}

function arrived(
  { record, writes }: Pick<Old, 'record' | 'writes'>,
  now: number,
  { isStored }: Source,
): SessionRecord {
  return { ...record, renewedAt: now, renewal: { since: now, ...(!isStored && { writes }) } }
}
