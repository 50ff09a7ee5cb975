import { Batch, type BatchOptions } from '../batch.js'
import { type TimeLimit, within } from '../concurrency.js'
import { EngineMisconfigured, PlaceMissing, RecordRefused } from '../errors.js'
import type { Move, SessionStore, StoredEntry, Version } from '../session-store.js'

/**
 * What a database does for a `SqlStore`. Each method is atomic by itself and throws nothing but `EngineUnavailable` and
 * `RecordRefused`. When its time limit is over the caller has been refused, and nothing may be begun any more.
 *
 * A method that takes several items gets each key at most once, and the keys in order: two processes that lock the same
 * rows then wait for each other in one direction only. If it throws, it has carried out none. `SessionStore` defines the
 * conditions, and what *alive* means.
 */
export interface SqlDialect {
  /** Whether several statements can run at the same time, each on its own connection. */
  readonly concurrent: boolean
  readMany(keys: readonly string[], timeLimit: TimeLimit): Promise<readonly SqlRow[]>
  insertMany(inserts: readonly SqlInsert[], timeLimit: TimeLimit): Promise<Outcomes>
  replaceMany(replaces: readonly SqlReplace[], timeLimit: TimeLimit): Promise<Outcomes>
  extendMany(extensions: readonly SqlExtension[], timeLimit: TimeLimit): Promise<Outcomes>
  move(move: Move, version: Version, now: number, timeLimit: TimeLimit): Promise<boolean>
  remove(key: string, timeLimit: TimeLimit): Promise<boolean>
  /** The first `limit` keys of sessions behind `after` that begin with `prefix`, in the database's order. */
  keysAfter(after: string, prefix: string, limit: number, timeLimit: TimeLimit): Promise<readonly string[]>
  /** Only keys that begin with `prefix`. */
  removeExpired(prefix: string, limit: number, now: number, timeLimit: TimeLimit): Promise<number>
  close(): Promise<void>
  /** As the store's. Default: it cannot. */
  readonly listen?: SessionStore['listen'] | undefined
}

/** By key: that the item was carried out, or why it failed. A key that is not here did not meet its condition. */
export type Outcomes = ReadonlyMap<string, true | Error>

/** For a statement that answers the keys of the rows that it changed. */
export function allDone(keys: readonly string[]): Outcomes {
  return new Map(keys.map((key) => [key, true]))
}

/**
 * A row of the table. A plain Keyv client of the same adapter reads and writes `key` and `value` only, so what it writes
 * has no `expires`, meets no condition, and is none of our entries.
 */
export interface SqlRow {
  readonly key: string
  /** The entry's text. It ends with the same expiry as the column. */
  readonly value: string
  /** None for a tombstone. */
  readonly version: number | null
  /** Milliseconds since 1970. */
  readonly expires: number | null
}

export interface SqlInsert {
  readonly key: string
  readonly entry: StoredEntry
}

export interface SqlReplace extends SqlInsert {
  /** The version that the writer has read. */
  readonly version: Version
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface SqlExtension {
  readonly key: string
  /** Milliseconds since 1970. */
  readonly expires: number
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface SqlStoreOptions {
  readonly dialect: SqlDialect
  /** What every key of ours begins with. */
  readonly prefix: string
  /** How long one call may take, in milliseconds. */
  readonly timeLimit: number
}

/** How many keys are listed at once. */
const PAGE = 500

/**
 * Sessions in a table of a database. Requests that wait at the same moment share a statement: on SQLite one statement
 * for 32 of them costs each a tenth of a statement of its own.
 */
export class SqlStore implements SessionStore {
  readonly #options: SqlStoreOptions
  readonly #reads: Batch<string, StoredEntry | undefined>
  readonly #inserts: Batch<SqlInsert, boolean>
  readonly #replaces: Batch<SqlReplace, boolean>
  readonly #extends: Batch<SqlExtension, boolean>
  /** Where the database can publish. */
  readonly listen: SessionStore['listen']
  #closing: Promise<void> | undefined

  constructor(options: SqlStoreOptions) {
    const { timeLimit, dialect } = options
    const { concurrent } = dialect
    this.#options = options
    this.listen = dialect.listen
    this.#reads = new Batch({ timeLimit, concurrent, run: this.#readMany })
    this.#inserts = new Batch({ timeLimit, concurrent, run: this.#insertMany })
    this.#replaces = new Batch({ timeLimit, concurrent, run: this.#replaceMany })
    this.#extends = new Batch({ timeLimit, concurrent, run: this.#extendMany })
  }

  read(key: string): Promise<StoredEntry | undefined> {
    return this.#reads.add(key)
  }

  insert(key: string, entry: StoredEntry): Promise<boolean> {
    return this.#inserts.add({ key, entry })
  }

  replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean> {
    return this.#replaces.add({ key, entry, version, now })
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#extends.add({ key, expires, now })
  }

  move(move: Move, version: Version, now: number): Promise<boolean> {
    const { timeLimit, dialect } = this.#options
    return within(timeLimit, (left) => dialect.move(move, version, now, left))
  }

  remove(key: string): Promise<boolean> {
    const { timeLimit, dialect } = this.#options
    return within(timeLimit, (left) => dialect.remove(key, left))
  }

  removeExpired(limit: number, now: number): Promise<number> {
    const { timeLimit, dialect, prefix } = this.#options
    return within(timeLimit, (left) => dialect.removeExpired(prefix, limit, now, left))
  }

  async *keys(): AsyncGenerator<readonly string[], void> {
    const { timeLimit, dialect, prefix } = this.#options
    for (let after = ''; ; ) {
      const page = await within(timeLimit, (left) => dialect.keysAfter(after, prefix, PAGE, left))
      const last = page.at(-1)
      if (last === undefined) return
      yield page
      after = last
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const batches = [this.#reads, this.#inserts, this.#replaces, this.#extends]
    await Promise.all(batches.map((batch) => batch.idle()))
    await this.#options.dialect.close()
  }

  readonly #readMany: Run<string, StoredEntry | undefined> = async (keys, timeLimit) => {
    const found = new Map<string, StoredEntry>()
    const rows = await this.#options.dialect.readMany([...new Set(keys)].sort(), timeLimit)
    for (const { key, value: text, version, expires } of rows) {
      if (expires !== null) found.set(key, { text, expires, version: version ?? undefined })
    }
    return keys.map((key) => found.get(key))
  }

  /** Of several inserts of one key the first is sent; the others have lost. */
  readonly #insertMany: Run<SqlInsert, boolean> = (inserts, timeLimit) =>
    oneForEachKey({
      items: inserts,
      isBetter: () => false,
      send: (sent) => this.#options.dialect.insertMany(sent, timeLimit),
    })

  /** Of several replacements of one key the one with the newest version is sent; the others have lost. */
  readonly #replaceMany: Run<SqlReplace, boolean> = (replaces, timeLimit) =>
    oneForEachKey({
      items: replaces,
      isBetter: (replace, rival) => replace.version > rival.version,
      send: (sent) => this.#options.dialect.replaceMany(sent, timeLimit),
    })

  /** Several extensions of one key become one: they came at the same moment, so any of them may be carried out. */
  readonly #extendMany: Run<SqlExtension, boolean> = (extensions, timeLimit) =>
    oneForEachKey({
      items: extensions,
      isBetter: () => true,
      isForAll: true,
      send: (sent) => this.#options.dialect.extendMany(sent, timeLimit),
    })
}

type Run<Item, Result> = BatchOptions<Item, Result>['run']

interface OneForEachKey<Item> {
  readonly items: readonly Item[]
  /** Which of two items with one key is sent. */
  readonly isBetter: (item: Item, rival: Item) => boolean
  /** Whether the item that is sent is carried out for the others too. */
  readonly isForAll?: boolean
  readonly send: (sent: readonly Item[]) => Promise<Outcomes>
}

/**
 * Sends one item for each key, and answers for every item whether it was carried out. Had several of one key been sent,
 * SQL would carry out any that meets its condition and answer the key, and each caller would believe that it had won.
 */
async function oneForEachKey<Item extends { readonly key: string }>(
  task: OneForEachKey<Item>,
): Promise<(boolean | Error)[]> {
  const { items, isBetter, isForAll = false, send } = task
  const chosen = new Map<string, Item>()
  for (const item of items) {
    const rival = chosen.get(item.key)
    if (rival === undefined || isBetter(item, rival)) chosen.set(item.key, item)
  }
  const sent = [...chosen.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  const outcomes = await send(sent).catch((error: unknown) => {
    if (error instanceof RecordRefused && sent.length > 1) return sendEach(sent, send)
    throw error
  })
  return items.map((item) => (isForAll || chosen.get(item.key) === item) && (outcomes.get(item.key) ?? false))
}

/** Items that share a statement are refused together. Sends each by itself, so that only the guilty one fails. */
async function sendEach<Item extends { readonly key: string }>(
  items: readonly Item[],
  send: (sent: readonly Item[]) => Promise<Outcomes>,
): Promise<Outcomes> {
  const outcomes = new Map<string, true | Error>()
  for (const item of items) {
    try {
      for (const [key, outcome] of await send([item])) outcomes.set(key, outcome)
    } catch (error) {
      outcomes.set(item.key, error instanceof Error ? error : new Error(String(error)))
    }
  }
  return outcomes
}

/** What `mustExist` says of a table that is missing. `database`: as errors call it. */
export function noTable(database: string, table: string): PlaceMissing {
  return new PlaceMissing(`${database} has no table ${table}`)
}

/** The name of the index of a table, no longer than the table's may be: PostgreSQL cuts it off at 63 bytes. */
export function indexName(table: string): string {
  return `${table.slice(0, 55)}_expires`
}

/**
 * Which of our own columns a table lacks that somebody else made, a plain Keyv client perhaps. `columns`: those that it
 * has. `database`: as errors call it.
 *
 * @throws EngineMisconfigured if version 6 of a Keyv adapter has rewritten the table: it splits the prefix off the keys,
 * so our sessions are no longer under their keys. Or if the table is for something else, and is not ours to change.
 */
export function missingColumns(
  table: string,
  columns: readonly { readonly name: string }[],
  database: string,
): ('version' | 'expires')[] {
  const names = new Set(columns.map(({ name }) => name))
  if (names.has('namespace'))
    throw new EngineMisconfigured(
      `${database}: version 6 of a Keyv adapter has rewritten the table ${table} (it has a column "namespace"), so its ` +
        'sessions cannot be found. Name another table with DATABASE_TABLE, and open it with no Keyv client of version 6.',
    )
  // @keyv/mysql calls the key `id`.
  if (names.size > 0 && !(names.has('value') && (names.has('key') || names.has('id'))))
    throw new EngineMisconfigured(
      `${database}: ${table} is not a table of sessions: one has columns for a key and a value. Name another one with ` +
        'DATABASE_TABLE.',
    )
  return (['version', 'expires'] as const).filter((column) => !names.has(column))
}
