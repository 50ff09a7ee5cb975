import type { Moments } from '../../codecs/django/moments.js'
import type { Logger } from '../../logger.js'
import { type TimeLimit, within } from '../concurrency.js'
import type { DjangoRow, DjangoStore, Moved } from './django-store.js'

export interface DjangoTableOptions {
  readonly databaseUrl: string
  /** PostgreSQL: the schema of the table. Default: the connection's own. */
  readonly databaseSchema?: string | undefined
  /** Milliseconds. */
  readonly engineTimeout: number
  readonly moments: Moments
  readonly logger: Logger
}

/** A database with Django's table, and its name in errors. */
export interface OpenedDjango {
  readonly database: DjangoDatabase
  readonly name: string
}

/** What a database does for Django's table. */
export interface DjangoDatabase {
  /** The rows that a reading statement answers. */
  read(sql: string, parameters: readonly unknown[], timeLimit: TimeLimit): Promise<readonly unknown[]>
  /** How many rows met the condition of a writing statement; `taken` if a key was. */
  write(sql: string, parameters: readonly unknown[], timeLimit: TimeLimit): Promise<number | 'taken'>
  readonly statements: DjangoStatements
  /** A moment as a parameter of a statement: from milliseconds since 1970. */
  toColumn(time: number): unknown
  /** Milliseconds since 1970. */
  fromColumn(value: unknown): number
  close(): Promise<void>
}

/** In each `?` is a parameter, in the order of its name here. */
export interface DjangoStatements {
  /** key → text, expires */
  readonly read: string
  /** key, text, expires */
  readonly insert: string
  /** text, expires, key, text before, now */
  readonly replace: string
  /** new key, text, expires, key, text before, now */
  readonly move: string
  /** expires, key, now */
  readonly extend: string
  /** key */
  readonly remove: string
  /** now, now, limit */
  readonly removeExpired: string
}

/** The table `django_session`, with no column more than Django has made. */
export class DjangoTable implements DjangoStore {
  readonly #database: DjangoDatabase
  readonly #timeLimit: number

  /** `timeLimit`: how long one call may take, in milliseconds. */
  constructor(database: DjangoDatabase, timeLimit: number) {
    this.#database = database
    this.#timeLimit = timeLimit
  }

  async read(key: string): Promise<DjangoRow | undefined> {
    const { statements, fromColumn } = this.#database
    const rows = await within(this.#timeLimit, (left) => this.#database.read(statements.read, [key], left))
    const [row] = rows as { readonly text: string; readonly expires: unknown }[]
    return row && { text: row.text, expires: fromColumn(row.expires) }
  }

  async insert(key: string, { text, expires }: DjangoRow): Promise<boolean> {
    const { statements, toColumn } = this.#database
    return (await this.#write(statements.insert, key, text, toColumn(expires))) === 1
  }

  async replace(key: string, { text, expires }: DjangoRow, before: string, now: number): Promise<boolean> {
    const { statements, toColumn } = this.#database
    return (await this.#write(statements.replace, text, toColumn(expires), key, before, toColumn(now))) === 1
  }

  async move(
    { from, to }: { readonly from: string; readonly to: string },
    { text, expires }: DjangoRow,
    before: string,
    now: number,
  ): Promise<Moved> {
    const { statements, toColumn } = this.#database
    const moved = await this.#write(statements.move, to, text, toColumn(expires), from, before, toColumn(now))
    if (moved === 1) return 'moved'
    return moved === 'taken' || (await this.read(to)) !== undefined ? 'taken' : 'refused'
  }

  async extend(key: string, expires: number, now: number): Promise<boolean> {
    const { statements, toColumn } = this.#database
    return (await this.#write(statements.extend, toColumn(expires), key, toColumn(now))) === 1
  }

  async remove(key: string): Promise<boolean> {
    return (await this.#write(this.#database.statements.remove, key)) === 1
  }

  async removeExpired(limit: number, now: number): Promise<number> {
    const { statements, toColumn } = this.#database
    const removed = await this.#write(statements.removeExpired, toColumn(now), toColumn(now), limit)
    return Number(removed)
  }

  close(): Promise<void> {
    return this.#database.close()
  }

  #write(sql: string, ...parameters: readonly unknown[]): Promise<number | 'taken'> {
    return within(this.#timeLimit, (left) => this.#database.write(sql, parameters, left))
  }
}

/** How a database writes what the statements have in common. */
export interface Dialect {
  readonly table: string
  /** How an update begins; default: `UPDATE`. */
  readonly update?: string
  /** The column `expire_date` as a statement answers it. */
  readonly expires: string
  /** A moment among the parameters. */
  readonly moment: string
  /** A text among the parameters, to be compared by its bytes. */
  readonly exactly: string
  /** What an update ends with. */
  readonly returning: string
}

/** The steps that are written in the same way in each database. */
export function commonStatements({ table, update = 'UPDATE', expires, moment, exactly, returning }: Dialect) {
  const isUnchanged = `session_key = ? AND session_data = ${exactly} AND expire_date > ${moment}`
  const row = `session_data = ?, expire_date = ${moment}`
  return {
    read: `SELECT session_data AS text, ${expires} AS expires FROM ${table} WHERE session_key = ?`,
    replace: `${update} ${table} SET ${row} WHERE ${isUnchanged}${returning}`,
    move: `${update} ${table} SET session_key = ?, ${row} WHERE ${isUnchanged}${returning}`,
    extend: `${update} ${table} SET expire_date = ${moment} WHERE session_key = ? AND expire_date > ${moment}${returning}`,
    remove: `DELETE FROM ${table} WHERE session_key = ?${returning}`,
  } as const
}
