import { KeyvSqlite } from '@keyv/sqlite'
import type { PlainConnection, Rows } from './servers/plain.js'

/** The driver that the tests of SQLite run on: `SQLITE_DRIVER=node:sqlite`, on a Node that has it. Default: `sqlite3`. */
export const driver = process.env.SQLITE_DRIVER ?? 'sqlite3'

/** For `DATABASE_URL`. */
export function sqliteUrl(path: string): string {
  return `sqlite:${path}?driver=${driver}`
}

/** Somebody else's connection to a database, by the same driver: two copies of SQLite in one process ignore each other's locks. */
export interface OtherConnection {
  query(sql: string, ...parameters: unknown[]): Promise<unknown[]>
  disconnect(): Promise<unknown>
}

export function otherConnection(path: string): OtherConnection {
  if (driver === 'sqlite3') return new KeyvSqlite(`sqlite://${path}`) as unknown as OtherConnection
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as {
    readonly DatabaseSync: new (
      path: string,
    ) => { prepare(sql: string): { all(...parameters: unknown[]): unknown[] }; close(): void }
  }
  const database = new DatabaseSync(path)
  return {
    query: async (sql, ...parameters) =>
      database
        .prepare(sql)
        .all(...parameters)
        .map((row) => Object.assign({}, row)),
    disconnect: async () => database.close(),
  }
}

/** The same by the URL of the sessions, as the tests of other databases have it. */
export async function connectSqlite(url: string): Promise<PlainConnection> {
  const connection = otherConnection(url.replace(/^sqlite:|\?.*$/g, ''))
  return {
    query: async (sql, ...values) => (await connection.query(sql, ...values)) as Rows,
    async end() {
      await connection.disconnect()
    },
  }
}
