import { Batch } from '../batch.js'
import { within } from '../concurrency.js'
import type { Move, SessionStore, StoredEntry } from '../session-store.js'
import type { SqlDialect, SqlExtension, SqlWrite } from './dialect.js'

export interface SqlStoreOptions {
  readonly dialect: SqlDialect
  /** What every key of ours begins with. */
  readonly prefix: string
  /** How long one call may take, in milliseconds. */
  readonly timeLimit: number
}

/**
 * Sessions in a table of a database. Requests that wait at the same moment share a statement: on SQLite one statement
 * for 32 of them costs each a tenth of its own.
 */
export class SqlStore implements SessionStore {
  readonly #options: SqlStoreOptions
  readonly #reads: Batch<string, string | undefined>
  readonly #inserts: Batch<SqlWrite, boolean>
  readonly #replaces: Batch<SqlWrite, boolean>
  readonly #extends: Batch<SqlExtension, boolean>

  constructor(options: SqlStoreOptions) {
    const { timeLimit, dialect } = options
    const { beside } = dialect
    this.#options = options
    this.#reads = new Batch({ timeLimit, beside, run: (keys) => this.#readMany(keys) })
    this.#inserts = new Batch({
      timeLimit,
      beside,
      run: (writes) => oneWins(writes, (sent) => dialect.insertMany(sent)),
    })
    this.#replaces = new Batch({
      timeLimit,
      beside,
      run: (writes) => oneWins(writes, (sent) => dialect.replaceMany(sent)),
    })
    this.#extends = new Batch({ timeLimit, beside, run: (extensions) => this.#extendMany(extensions) })
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

  /** Several to one key are one: any may be the one that is carried out, as all were asked for at the same moment. */
  async #extendMany(extensions: readonly SqlExtension[]): Promise<boolean[]> {
    const sent = new Map(extensions.map((extension) => [extension.key, extension]))
    const done = new Set(await this.#options.dialect.extendMany(inOrder(sent)))
    return extensions.map(({ key }) => done.has(key))
  }
}

/**
 * Of several writes to one key only one is sent, the one that knows the newest version: SQL would carry out any that
 * fits and report the key, from which each would conclude that it had been the one. The others have lost.
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
