import type { TimeLimit } from '../concurrency.js'
import { unavailable } from './driver.js'
import { Checkpoints } from './sqlite-checkpoints.js'
import {
  type SqliteConnection,
  type SqliteConnectionOptions,
  type SqliteDriver,
  untilUnlocked,
} from './sqlite-connection.js'

/** What we use of the module `node:sqlite`. */
interface Module {
  readonly DatabaseSync: new (path: string, options: { readonly timeout: number }) => Database
}

interface Database {
  prepare(sql: string): Statement
  close(): void
}

interface Statement {
  all(parameters: Readonly<Record<string, unknown>>): unknown[]
  run(parameters: Readonly<Record<string, unknown>>): { readonly changes: number | bigint }
}

/** SQLite in Node itself, from version 22.13 on, in Bun and in Deno; `undefined` where the runtime has none. */
export function nodeSqlite(): SqliteDriver | undefined {
  // Not imported: a bundler, or a Node without the module, would fail even where nobody uses it.
  const module = process.getBuiltinModule?.('node:sqlite') as Module | undefined
  if (module === undefined) return undefined
  return {
    isSynchronous: true,
    async open(options) {
      try {
        return new NodeSqliteConnection(options, new module.DatabaseSync(options.path, { timeout: 0 }))
      } catch (cause) {
        throw unavailable(options.name, withCode(cause))
      }
    },
  }
}

/**
 * Works on the event loop, where a statement for one session takes some microseconds. So nothing may wait there: not for a
 * lock, which `untilUnlocked` tries to get by a timer, and not for a disk. With `synchronous = NORMAL` that is
 * needed by checkpoints alone, which a thread makes.
 */
class NodeSqliteConnection implements SqliteConnection {
  readonly #options: SqliteConnectionOptions
  readonly #database: Database
  /** By their text; the number of texts is that of `sqliteStatements`. */
  readonly #statements = new Map<string, Prepared>()
  readonly #checkpoints: Checkpoints | undefined

  constructor(options: SqliteConnectionOptions, database: Database) {
    this.#options = options
    this.#database = database
    if (options.isFile) {
      const run = (sql: string): unknown => database.prepare(sql).all({})
      this.#checkpoints = new Checkpoints(options.path, run)
    }
  }

  query<Row>(sql: string, parameters: readonly unknown[] = [], timeLimit?: TimeLimit): Promise<Row[]> {
    return untilUnlocked<Row>(this.#options, timeLimit, () => this.#run(sql, parameters))
  }

  runEach(sql: string, items: readonly (readonly unknown[])[], timeLimit?: TimeLimit): Promise<boolean[]> {
    return untilUnlocked<boolean>(this.#options, timeLimit, () => this.#runEach(sql, items))
  }

  async close(): Promise<void> {
    await this.#checkpoints?.stop()
    this.#database.close()
  }

  #run(sql: string, parameters: readonly unknown[]): unknown[] {
    try {
      const { statement, writes } = this.#statements.get(sql) ?? this.#prepare(sql)
      const rows = statement.all(named(parameters))
      if (writes) this.#checkpoints?.wrote(rows.length, parameters)
      return rows
    } catch (cause) {
      throw withCode(cause)
    }
  }

  #runEach(sql: string, items: readonly (readonly unknown[])[]): boolean[] {
    // A statement alone is a transaction by itself.
    if (items.length < 2) return this.#changes(sql, items)
    // The lock first: what fails for a lock has done nothing then.
    this.#run('BEGIN IMMEDIATE', [])
    try {
      const changed = this.#changes(sql, items)
      this.#run('COMMIT', [])
      return changed
    } catch (cause) {
      this.#rollBack()
      throw cause
    }
  }

  #changes(sql: string, items: readonly (readonly unknown[])[]): boolean[] {
    try {
      const { statement } = this.#statements.get(sql) ?? this.#prepare(sql)
      return items.map((parameters) => {
        const changed = Number(statement.run(named(parameters)).changes)
        this.#checkpoints?.wrote(changed, parameters)
        return changed > 0
      })
    } catch (cause) {
      throw withCode(cause)
    }
  }

  #rollBack(): void {
    try {
      this.#run('ROLLBACK', [])
    } catch {
      // SQLite has ended the transaction itself.
    }
  }

  /** Parameters get names: Node 22.13 does not find those that are only numbered. */
  #prepare(sql: string): Prepared {
    const statement = this.#database.prepare(sql.replaceAll(/\?(\d+)/g, '$p$1'))
    const prepared = { statement, writes: !/^\s*SELECT/.test(sql) }
    this.#statements.set(sql, prepared)
    return prepared
  }
}

function named(parameters: readonly unknown[]): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [index, value] of parameters.entries()) values[`$p${index + 1}`] = value ?? null
  return values
}

interface Prepared {
  readonly statement: Statement
  /** Whether it can change rows; it then answers a row for each. */
  readonly writes: boolean
}

/** SQLite's names of the primary result codes that tell an administrator more than the message does. */
const NAMES: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
}

/** The error as the other driver would put it: `code` and message say which of SQLite's errors it is. */
function withCode(cause: unknown): unknown {
  if (!(cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number')) return cause
  // The lower eight bits; those above refine it.
  const code = NAMES[cause.errcode & 0xff] ?? 'SQLITE_ERROR'
  return Object.assign(new Error(`${code}: ${cause.message}`, { cause }), { code, errno: cause.errcode })
}
