import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { decodePayload } from '../../codecs/cookie-payload.js'
import type { SessionRecord, WrittenKeys } from '../../codecs/record.js'
import { type Engine, type Loaded, MISSING, type Touched, type Updated } from '../engine.js'
import type { Version } from '../session-store.js'

/** A session as it is where it moves from. */
export interface Old {
  readonly kind: 'session'
  readonly record: SessionRecord
  readonly version: Version
  /** How often a cookie was written since processes prepare: of two cookies of one session, which is newer. */
  readonly writes: number
  /** As in `Loaded`. */
  readonly outdated?: true
}

/** What there is. */
export type Sourced =
  | Old
  /** A mark has taken the place of the session: it is where the claim says. */
  | { readonly kind: 'marked' }
  | { readonly kind: 'gone'; readonly loaded: Exclude<Loaded, { kind: 'found' }> }

/** In Django's table: the one member of what takes the place of a session that has moved. Django sees nobody in it. */
const MARK = '_tessera_moved'

/** Every cookie has version 1 for its own engine, and so has what is new in the store. */
const IN_COOKIE = -1
/** Stands before a version of Django's table, which is a text: a store that counts is never asked for one. */
const IN_TABLE = 'in the table: '

/**
 * Where sessions come from that are in no `SessionStore`. In Django's table there is one row for each, so a mark can take
 * its place, by its version. Of a session in cookies there are many copies, the ones before the last included.
 */
export class Source {
  readonly engine: Engine
  /** Whether there is one row, and not copies in browsers. */
  readonly isStored: boolean
  /** Milliseconds since 1970. */
  readonly #clock: () => number

  constructor(engine: Engine, clock: () => number) {
    this.engine = engine
    this.isStored = engine.capabilities.revocable
    this.#clock = clock
  }

  /** What the claim on the old id is called: the same for all cookies of one session. */
  claimOf(id: string): string {
    return `moved-${hash('sha256', this.engine.anchorOf?.(id) ?? id, 'hex')}`
  }

  async find(id: string): Promise<Sourced> {
    const loaded = await this.engine.load(id)
    if (loaded.kind !== 'found') return { kind: 'gone', loaded }
    const { record, version, outdated } = loaded
    if (this.isStored && record.data[MARK] === true) return { kind: 'marked' }
    return {
      kind: 'session',
      ...countedIn(record),
      ...this.versioned({ version }),
      ...(outdated && { outdated }),
    }
  }

  /** What a cookie holds, also when it was revoked because its session has moved. */
  async copyIn(id: string): Promise<Old | undefined> {
    if (this.isStored) return undefined
    const stored = await this.engine.inspect?.(id)
    const payload = stored && decodePayload(stored.text)
    if (payload === undefined || payload.record.expires <= this.#clock()) return undefined
    return { kind: 'session', ...countedIn(payload.record), version: IN_COOKIE }
  }

  /** By a process that prepares: a cookie that it makes is newer than the one before. */
  async update(id: string, record: SessionRecord, version: Version, written?: WrittenKeys): Promise<Updated> {
    const counted = this.isStored ? record : await this.#counted(id, record)
    return this.versioned(await this.engine.update(id, counted, this.plain(version), written))
  }

  /** The same. */
  async touch(id: string, expires: number): Promise<Touched> {
    if (this.isStored) return this.engine.touch(id, expires)
    const old = await this.find(id)
    if (old.kind !== 'session') return MISSING
    const updated = await this.update(id, { ...old.record, expires }, old.version)
    return updated.kind === 'updated' ? { kind: 'touched', id: updated.id } : MISSING
  }

  /** What the engine answered, with a version that no session of the store has. */
  versioned<Answer extends object>(answer: Answer): Answer {
    if (!('version' in answer)) return answer
    return { ...answer, version: this.isStored ? `${IN_TABLE}${answer.version}` : IN_COOKIE }
  }

  /** Whether the version was read where the session was, so that it says nothing about what is in the store. */
  isItsOwn(version: Version): boolean {
    return this.isStored ? String(version).startsWith(IN_TABLE) : version === IN_COOKIE
  }

  /** The version as the engine has it. */
  plain(version: Version): Version {
    return this.isStored && this.isItsOwn(version) ? String(version).slice(IN_TABLE.length) : version
  }

  /** Whether `old` is to take the place of what was brought here before. */
  isNewer(old: Old, brought: Pick<Old, 'record' | 'writes'>): boolean {
    if (!this.isStored) return old.writes > brought.writes
    return !isDeepStrictEqual(asStored(old.record), asStored(brought.record))
  }

  /** From here on nobody writes to the session there. False: somebody has just done so. In cookies there is nothing to mark. */
  async mark(id: string, { record, version }: Old): Promise<boolean> {
    if (!this.isStored) return true
    return (
      (await this.engine.update(id, { ...record, data: { [MARK]: true } }, this.plain(version))).kind ===
      'updated'
    )
  }

  async #counted(id: string, record: SessionRecord): Promise<SessionRecord> {
    const writes = ((await this.copyIn(id))?.writes ?? 0) + 1
    // Seen long ago: a process that knows nothing of the move has nothing to note.
    return { ...record, renewal: { since: 0, until: 0, writes } }
  }
}

/** What JSON makes of it: members that are `undefined` are none. */
function asStored(record: SessionRecord): unknown {
  return JSON.parse(JSON.stringify(record))
}

function countedIn({ renewal, ...record }: SessionRecord): { record: SessionRecord; writes: number } {
  return { record, writes: renewal?.writes ?? 0 }
}
