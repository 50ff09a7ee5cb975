import { driverOf } from '../../../src/lib/engines/db/driver.js'
import { findProgram, newestIn, runAs } from './machine.js'
import { OwnServer, type ServerKind } from './own-server.js'
import { type PlainConnection, queryOnce, type Rows } from './plain.js'

/** Debian keeps the server's programs off the `PATH`, by version. */
const directories = newestIn('/usr/lib/postgresql').map((version) => `${version}/bin`)
const initdb = findProgram('initdb', directories)
const postgres = findProgram('postgres', directories)

/** The Debian package to install, if there is no PostgreSQL on this machine. */
export const postgresMissing = initdb === undefined || postgres === undefined ? 'postgresql' : undefined

const kind: ServerKind = {
  user: 'postgres',
  prepare: (directory) =>
    runAs('postgres', [
      initdb ?? '',
      ...['-D', directory, '-U', 'tessera', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    ]),
  command: (directory, port) => [
    postgres ?? '',
    ...['-D', directory, '-p', String(port), '-h', '127.0.0.1', '-k', ''],
    ...['-c', 'fsync=off', '-c', 'max_connections=400', '-c', 'shared_buffers=16MB'],
  ],
  connect: async (port) => {
    await queryPostgres(postgresUrl(port), 'SELECT 1')
  },
}

export function startPostgres(): Promise<OwnServer> {
  return OwnServer.start(kind)
}

export function postgresUrl(port: number): string {
  return `postgres://tessera@127.0.0.1:${port}/postgres`
}

interface Driver {
  readonly Client: new (
    url: string,
  ) => {
    connect(): Promise<void>
    query(sql: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>
    end(): Promise<void>
  }
}

/** A connection that the caller ends. */
export async function connectPostgres(url: string): Promise<PlainConnection> {
  const { Client } = driverOf('@keyv/postgres', 'pg') as Driver
  const client = new Client(url)
  await client.connect()
  return {
    query: async (sql, ...values) => (await client.query(sql, values)).rows,
    end: () => client.end(),
  }
}

/** Runs one statement on a connection of its own. */
export function queryPostgres(url: string, sql: string, ...values: readonly unknown[]): Promise<Rows> {
  return queryOnce(connectPostgres(url), sql, values)
}
