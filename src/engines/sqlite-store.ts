import { Batch } from './batch.js'
import type { KeyedStore, Move, StoredText } from './keyed-store.js'
import { sqliteStatements } from './sqlite-statements.js'

/** Runs one statement and answers its rows. Throws nothing but `EngineUnavailable`. */
export type Query = (sql: string, ...parameters: unknown[]) => Promise<Row[]>

interface Row {
  readonly key: string
  readonly value?: string
}

export interface SqliteStoreOptions {
  /** Where reads go: a connection of their own, so that no reader waits behind a locked writer. */
  readonly read: Query
  readonly write: Query
  readonly close: () => Promise<void>
  readonly table: string
  /** What every key of ours begins with. */
  readonly prefix: string
  /** How long one statement may take, in milliseconds. */
  readonly timeLimit: number
}

interface Write {
  readonly key: string
  /** The version that the writer has read; 0 where there was none. */
  readonly version: number
  readonly text: string
  readonly now: number
}

type Extension = readonly [key: string, expires: number, now: number]

/**
 * Sessions in a table of @keyv/sqlite. Requests that wait at the same moment share a statement: one statement for 32
 * of them costs each a tenth of its own.
 */
export class SqliteStore implements KeyedStore {
  readonly #options: SqliteStoreOptions
  readonly #sql: ReturnType<typeof sqliteStatements>
  readonly #reads: Batch<string, string | undefined>
  readonly #inserts: Batch<Write, boolean>
  readonly #replaces: Batch<Write, boolean>
  readonly #extends: Batch<Extension, boolean>

  constructor(options: SqliteStoreOptions) {
    const { timeLimit } = options
    this.#options = options
    this.#sql = sqliteStatements(options.table)
    this.#reads = new Batch({ timeLimit, run: (keys) => this.#readMany(keys) })
    this.#inserts = new Batch({ timeLimit, run: (writes) => this.#writeMany(this.#sql.insert, writes) })
    this.#replaces = new Batch({ timeLimit, run: (writes) => this.#writeMany(this.#sql.replace, writes) })
    this.#extends = new Batch({ timeLimit, run: (extensions) => this.#extendMany(extensions) })
  }

  read(key: string): Promise<string | undefined> {
    return this.#reads.add(key)
  }

  insert(key: string, { text }: StoredText): Promise<boolean> {
    return this.#inserts.add({ key, version: 0, text, now: 0 })
  }

  replace(key: string, { text }: StoredText, version: number, now: number): Promise<boolean> {
    return this.#replaces.add({ key, version, text, now })
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#extends.add([key, expires, now])
  }

  async move({ from, to, entry, mark }: Move, version: number, now: number): Promise<boolean> {
    return this.#didAny(this.#sql.move, from, to, entry.text, mark.text, version, now)
  }

  async remove(key: string): Promise<boolean> {
    return this.#didAny(this.#sql.remove, key)
  }

  async removeExpired(limit: number, now: number): Promise<number> {
    const { write, prefix } = this.#options
    // ';' follows ':' in ASCII: the keys that begin with the prefix are the range between the two.
    const removed = await write(this.#sql.removeExpired, prefix, `${prefix.slice(0, -1)};`, now, limit)
    return removed.length
  }

  async close(): Promise<void> {
    const batches = [this.#reads, this.#inserts, this.#replaces, this.#extends]
    await Promise.all(batches.map((batch) => batch.idle()))
    await this.#options.close()
  }

  /** Of several to one key any may be the one that is carried out: all of them were asked for at the same moment. */
  async #extendMany(extensions: readonly Extension[]): Promise<boolean[]> {
    const rows = await this.#options.write(this.#sql.extend, JSON.stringify(extensions))
    const done = new Set(rows.map(({ key }) => key))
    return extensions.map(([key]) => done.has(key))
  }

  async #didAny(sql: string, ...parameters: unknown[]): Promise<boolean> {
    return (await this.#options.write(sql, ...parameters)).length > 0
  }

  async #readMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    const rows = await this.#options.read(this.#sql.read, JSON.stringify(keys))
    const found = new Map(rows.map(({ key, value }) => [key, value]))
    return keys.map((key) => found.get(key))
  }

  /**
   * Of several writes to one key only one is sent, the one that knows the newest version: SQL would carry out any that
   * fits and report the key, from which each would conclude that it had been the one. The others have lost.
   */
  async #writeMany(sql: string, writes: readonly Write[]): Promise<boolean[]> {
    const sent = new Map<string, Write>()
    for (const write of writes) {
      const rival = sent.get(write.key)
      if (rival === undefined || rival.version < write.version) sent.set(write.key, write)
    }
    const items = [...sent.values()].map(({ key, text, version, now }) => [key, text, version, now])
    const done = new Set((await this.#options.write(sql, JSON.stringify(items))).map(({ key }) => key))
    return writes.map((write) => sent.get(write.key) === write && done.has(write.key))
  }
}
