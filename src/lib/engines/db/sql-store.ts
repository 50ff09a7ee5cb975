import { Batch } from '../batch.js'
import { within } from '../concurrency.js'
import type { Move, SessionStore, StoredEntry } from '../session-store.js'

/**
 * What a database does for a `SqlStore`. Each method is atomic by itself and throws nothing but `EngineUnavailable`.
 *
 * A method that takes several items gets each key at most once, and the keys in order: two processes that lock the same
 * rows then wait for each other in one direction only. It answers the keys of the items that it carried out.
 * `SessionStore` defines the conditions, and what *alive* means.
 */
export interface SqlDialect {
  /** Whether several statements can run at the same time, each on its own connection. */
  readonly concurrent: boolean
  readMany(keys: readonly string[]): Promise<readonly SqlRow[]>
  insertMany(writes: readonly SqlWrite[]): Promise<Iterable<string>>
  replaceMany(writes: readonly SqlWrite[]): Promise<Iterable<string>>
  extendMany(extensions: readonly SqlExtension[]): Promise<Iterable<string>>
  move(move: Move, version: number, now: number): Promise<boolean>
  remove(key: string): Promise<boolean>
  /** Only keys that begin with `prefix`. */
  removeExpired(prefix: string, limit: number, now: number): Promise<number>
  close(): Promise<void>
}

/** A row of the table. */
export interface SqlRow {
  readonly key: string
  readonly value: string
}

export interface SqlWrite {
  readonly key: string
  readonly text: string
  /** The version that the writer has read; 0 where there was none. */
  readonly version: number
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

/**
 * Sessions in a table of a database. Requests that wait at the same moment share a statement: on SQLite one statement
 * for 32 of them costs each a tenth of a statement of its own.
 */
export class SqlStore implements SessionStore {
  readonly #options: SqlStoreOptions
  readonly #reads: Batch<string, string | undefined>
  readonly #inserts: Batch<SqlWrite, boolean>
  readonly #replaces: Batch<SqlWrite, boolean>
  readonly #extends: Batch<SqlExtension, boolean>

  constructor(options: SqlStoreOptions) {
    const { timeLimit, dialect } = options
    const { concurrent } = dialect
    this.#options = options
    this.#reads = new Batch({ timeLimit, concurrent, run: (keys) => this.#readMany(keys) })
    this.#inserts = new Batch({
      timeLimit,
      concurrent,
      run: (writes) => oneWins(writes, (sent) => dialect.insertMany(sent)),
    })
    this.#replaces = new Batch({
      timeLimit,
      concurrent,
      run: (writes) => oneWins(writes, (sent) => dialect.replaceMany(sent)),
    })
    this.#extends = new Batch({ timeLimit, concurrent, run: (extensions) => this.#extendMany(extensions) })
  }

  read(key: string): Promise<string | undefined> {
    return this.#reads.add(key)
  }

  insert(key: string, { text }: StoredEntry): Promise<boolean> {
    return this.#inserts.add({ key, text, version: 0, now: 0 })
  }

  replace(key: string, { text }: StoredEntry, version: number, now: number): Promise<boolean> {
    return this.#replaces.add({ key, text, version, now })
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#extends.add({ key, expires, now })
  }

  move(move: Move, version: number, now: number): Promise<boolean> {
    const { timeLimit, dialect } = this.#options
    return within(timeLimit, dialect.move(move, version, now))
  }

  remove(key: string): Promise<boolean> {
    const { timeLimit, dialect } = this.#options
    return within(timeLimit, dialect.remove(key))
  }

  removeExpired(limit: number, now: number): Promise<number> {
    const { timeLimit, dialect, prefix } = this.#options
    return within(timeLimit, dialect.removeExpired(prefix, limit, now))
  }

  async close(): Promise<void> {
    const batches = [this.#reads, this.#inserts, this.#replaces, this.#extends]
    await Promise.all(batches.map((batch) => batch.idle()))
    await this.#options.dialect.close()
  }

  async #readMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    const rows = await this.#options.dialect.readMany([...new Set(keys)].sort())
    const found = new Map(rows.map(({ key, value }) => [key, value]))
    return keys.map((key) => found.get(key))
  }

  /** Several extensions of one key become one: they came at the same moment, so any of them may be carried out. */
  async #extendMany(extensions: readonly SqlExtension[]): Promise<boolean[]> {
    const sent = new Map(extensions.map((extension) => [extension.key, extension]))
    const done = new Set(await this.#options.dialect.extendMany(inOrder(sent)))
    return extensions.map(({ key }) => done.has(key))
  }
}

/**
 * Of several writes to one key, sends only the one that knows the newest version, and the others have lost. Had all of
 * them been sent, SQL would carry out any that meets its condition and answer the key, and each writer would believe
 * that it had won.
 */
async function oneWins(
  writes: readonly SqlWrite[],
  run: (sent: readonly SqlWrite[]) => Promise<Iterable<string>>,
): Promise<boolean[]> {
  const sent = new Map<string, SqlWrite>()
  for (const write of writes) {
    const rival = sent.get(write.key)
    if (rival === undefined || rival.version < write.version) sent.set(write.key, write)
  }
  const done = new Set(await run(inOrder(sent)))
  return writes.map((write) => sent.get(write.key) === write && done.has(write.key))
}

function inOrder<Item>(items: ReadonlyMap<string, Item>): Item[] {
  return [...items.keys()].sort().flatMap((key) => items.get(key) ?? [])
}
