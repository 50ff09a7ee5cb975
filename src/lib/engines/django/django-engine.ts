import {
  type DictTools,
  type DjangoSession,
  decodeSession,
  dictIn,
  encodeSession,
  LAST_MOMENT,
  RESERVED_KEYS,
} from '../../codecs/django/session-dict.js'
import type { SessionRecord, WrittenKeys } from '../../codecs/record.js'
import type { Logger } from '../../logger.js'
import {
  CONFLICT,
  type Created,
  type Engine,
  type Loaded,
  MISSING,
  type Missing,
  type Rotated,
  type Rotation,
  type Stored,
  type Touched,
  type Updated,
} from '../engine.js'
import { expired } from '../entries.js'
import { isId } from '../ids.js'
import type { Version } from '../session-store.js'
import type { DjangoStore } from './django-store.js'

const UNREADABLE = 'a stored session was not signed by Django with one of our keys; it counts as missing'

export interface DjangoEngineParts {
  /** The engine's name in messages and events. */
  readonly name: string
  readonly store: DjangoStore
  readonly tools: DictTools
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

/**
 * Sessions where Django keeps them, as Django writes them, while Django uses them too.
 *
 * Ids stand in the store as they are, for Django looks for them there. There are no tombstones: Django reads what it cannot
 * decode as an empty session and writes over it, which would give an old id a new life. So an id that was rotated away reads
 * like one that never was. A row that none of our keys signed is never changed and never removed, except by its end.
 */
export class DjangoEngine implements Engine {
  readonly name: string
  readonly capabilities = {
    revocable: true,
    shared: true,
    sharedWith: 'Django',
    reservedKeys: RESERVED_KEYS,
    lastMoment: LAST_MOMENT,
  } as const
  readonly isId = isId
  readonly #store: DjangoStore
  readonly #tools: DictTools
  readonly #clock: () => number
  readonly #logger: Logger
  #closing: Promise<void> | undefined

  constructor({ name, store, tools, clock, logger }: DjangoEngineParts) {
    this.name = name
    this.#store = store
    this.#tools = tools
    this.#clock = clock
    this.#logger = logger
  }

  async load(id: string): Promise<Loaded> {
    const found = await this.#find(id)
    if ('kind' in found) return found
    return { kind: 'found', record: found.session.record, version: found.text }
  }

  async create(id: string, record: SessionRecord): Promise<Created> {
    const text = encodeSession(record, undefined, this.#clock(), this.#tools)
    if (!(await this.#store.insert(id, { text, expires: record.expires }))) return { kind: 'taken' }
    return { kind: 'created', id, version: text }
  }

  async update(id: string, record: SessionRecord, version: Version, written?: WrittenKeys): Promise<Updated> {
    if (!isId(id)) return MISSING
    const before = String(version)
    const text = this.#encode(record, before, written)
    if (await this.#store.replace(id, { text, expires: record.expires }, before, this.#clock()))
      return { kind: 'updated', id, version: text }
    return this.#refused(id)
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const isDone = isId(id) && (await this.#store.extend(id, expires, this.#clock()))
    return isDone ? { kind: 'touched', id } : MISSING
  }

  async rotate({ id, to, record, version, written }: Rotation): Promise<Rotated> {
    if (!isId(id)) return MISSING
    const before = String(version)
    const text = this.#encode(record, before, written)
    const moved = await this.#store.move(
      { from: id, to },
      { text, expires: record.expires },
      before,
      this.#clock(),
    )
    if (moved === 'moved') return { kind: 'updated', id: to, version: text }
    return moved === 'taken' ? { kind: 'taken' } : this.#refused(id)
  }

  async delete(id: string): Promise<'deleted' | 'missing'> {
    const found = await this.#find(id)
    // What expired is ours to remove, what others signed is not.
    if ('kind' in found && found.why !== 'expired') return 'missing'
    return (await this.#store.remove(id)) && !('kind' in found) ? 'deleted' : 'missing'
  }

  clearExpired(limit: number): Promise<number> {
    return this.#store.removeExpired(limit, this.#clock())
  }

  async inspect(id: string): Promise<Stored | undefined> {
    const row = isId(id) ? await this.#store.read(id) : undefined
    return row && { key: id, text: row.text }
  }

  close(): Promise<void> {
    this.#closing ??= this.#store.close()
    return this.#closing
  }

  async #find(id: string): Promise<{ readonly session: DjangoSession; readonly text: string } | Missing> {
    const row = isId(id) ? await this.#store.read(id) : undefined
    if (row === undefined) return MISSING
    const session = decodeSession(row.text, row.expires, this.#tools)
    if (session === undefined) {
      this.#logger.warn({ engine: this.name }, UNREADABLE)
      return { kind: 'missing', why: 'undecodable' }
    }
    if (row.expires <= this.#clock()) return expired(session.record)
    return { session, text: row.text }
  }

  /** `before`: the text that was read, whose untouched parts go back word for word. */
  #encode(record: SessionRecord, before: string, written: WrittenKeys | undefined): string {
    const members = dictIn(before, this.#tools)?.members
    return encodeSession(record, members, this.#clock(), this.#tools, written)
  }

  /** Why a step was refused: the row is gone, or another one. */
  async #refused(id: string): Promise<Missing | typeof CONFLICT> {
    const found = await this.#find(id)
    return 'kind' in found ? MISSING : CONFLICT
  }
}
