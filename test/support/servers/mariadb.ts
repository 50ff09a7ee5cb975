import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { driverOf } from '../../../src/lib/engines/db/driver.js'
import { findProgram, runAs } from './machine.js'
import { OwnServer, type ServerKind } from './own-server.js'
import { type PlainConnection, queryOnce, type Rows } from './plain.js'

const mariadbd = findProgram('mariadbd', ['/usr/sbin'])
const install = findProgram('mariadb-install-db')

/** The Debian package to install, if there is no MariaDB on this machine. */
export const mariadbMissing = mariadbd === undefined ? 'mariadb-server' : undefined

function program(directory: string, ...options: readonly string[]): readonly string[] {
  return [
    ...[mariadbd ?? '', '--no-defaults', `--datadir=${directory}`, ...options],
    // Enough for kill -9, which takes away the process and not the machine.
    ...['--innodb-flush-log-at-trx-commit=2', '--innodb-buffer-pool-size=32M'],
  ]
}

/** Whoever connects may do everything. */
const NOBODY = '--skip-grant-tables'

const listening = (directory: string, port: number): readonly string[] => [
  '--bind-address=127.0.0.1',
  `--port=${port}`,
  `--socket=${directory}/socket`,
]

const kind: ServerKind = {
  user: 'mysql',
  // No users, no system tables. The clean end matters: InnoDB does not survive kill -9 on the day of its birth.
  prepare: (directory) => runAs('mysql', [...program(directory, NOBODY), '--bootstrap']),
  command: (directory, port) => [
    ...program(directory, NOBODY),
    ...listening(directory, port),
    '--max-connections=400',
  ],
  connect: async (port) => {
    await queryMariadb(serverUrl(port), 'CREATE DATABASE IF NOT EXISTS tessera')
  },
}

export function startMariadb(): Promise<OwnServer> {
  return OwnServer.start(kind)
}

/** One that knows users and their rights. `tessera` may do everything, and make others. */
export function startStrictMariadb(): Promise<OwnServer> {
  return OwnServer.start({
    ...kind,
    async prepare(directory) {
      await runAs('mysql', [install ?? '', '--no-defaults', `--datadir=${directory}`, '--skip-test-db'])
      const user = "tessera@'127.0.0.1'"
      const sql = `CREATE USER IF NOT EXISTS ${user};\nGRANT ALL ON *.* TO ${user} WITH GRANT OPTION;\n`
      writeFileSync(join(directory, 'init.sql'), sql)
    },
    command: (directory, port) => [
      ...program(directory, `--init-file=${join(directory, 'init.sql')}`, '--skip-name-resolve'),
      ...listening(directory, port),
    ],
  })
}

function serverUrl(port: number): string {
  return `mysql://tessera@127.0.0.1:${port}/`
}

export function mariadbUrl(port: number): string {
  return `${serverUrl(port)}tessera`
}

interface Driver {
  createConnection(options: { uri: string }): Promise<{
    query(sql: string, values?: readonly unknown[]): Promise<[unknown, unknown]>
    end(): Promise<void>
  }>
}

/** A connection that the caller ends. */
export async function connectMariadb(url: string): Promise<PlainConnection> {
  const { createConnection } = driverOf('@keyv/mysql', 'mysql2/promise') as Driver
  const connection = await createConnection({ uri: url })
  return {
    async query(sql, ...values) {
      const [rows] = await connection.query(sql, values)
      return Array.isArray(rows) ? (rows as Rows) : []
    },
    end: () => connection.end(),
  }
}

/** Runs one statement on a connection of its own. */
export function queryMariadb(url: string, sql: string, ...values: readonly unknown[]): Promise<Rows> {
  return queryOnce(connectMariadb(url), sql, values)
}
