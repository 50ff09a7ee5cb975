import { randomUUID } from 'node:crypto'
import { KeyvMysql } from '@keyv/mysql'
import { KeyvPostgres } from '@keyv/postgres'
import { Keyv } from 'keyv'
import { connectMariadb, mariadbMissing, mariadbUrl, startMariadb } from './servers/mariadb.js'
import { type OwnServer, ofThisProcess } from './servers/own-server.js'
import { type PlainConnection, queryOnce } from './servers/plain.js'
import { connectPostgres, postgresMissing, postgresUrl, startPostgres } from './servers/postgres.js'
import { sharedPort } from './servers/shared.js'

/** A database server, as its tests see it. */
export interface Database {
  readonly title: string
  readonly missing: string | undefined
  /** The scheme of its URLs. */
  readonly scheme: string
  /** The URL of a new, empty database. */
  fresh(): Promise<string>
  /** A connection that the caller ends. */
  connect(url: string): Promise<PlainConnection>
  /** As a program that knows nothing of us reads it. */
  plain(url: string): Keyv
}

/** A server of this process alone: tests may stop it and change its settings. */
export interface OwnDatabase extends Database {
  server(): Promise<OwnServer>
}

const table = 'tessera_sessions'

const postgresOn = (port: () => Promise<number>): Database => ({
  title: 'db on PostgreSQL',
  missing: postgresMissing,
  scheme: 'postgres',
  fresh: async () => freshOn(postgresUrl(await port()), connectPostgres),
  connect: connectPostgres,
  plain: (uri) => new Keyv({ store: new KeyvPostgres({ uri, table }) }),
})

const mariadbOn = (port: () => Promise<number>): Database => ({
  title: 'db on MariaDB',
  missing: mariadbMissing,
  scheme: 'mysql',
  fresh: async () => freshOn(mariadbUrl(await port()), connectMariadb),
  connect: connectMariadb,
  plain: (uri) => new Keyv({ store: new KeyvMysql({ uri, table }) }),
})

export const postgres = postgresOn(() => sharedPort('postgres'))
export const mariadb = mariadbOn(() => sharedPort('mariadb'))

export const ownPostgres = own(postgresOn, startPostgres)
export const ownMariadb = own(mariadbOn, startMariadb)

function own(
  databaseOn: (port: () => Promise<number>) => Database,
  start: () => Promise<OwnServer>,
): OwnDatabase {
  const server = ofThisProcess(start)
  return { ...databaseOn(async () => (await server()).port), server }
}

async function freshOn(url: string, connect: (url: string) => Promise<PlainConnection>): Promise<string> {
  const name = `t${randomUUID().replaceAll('-', '')}`
  await queryOnce(connect(url), `CREATE DATABASE ${name}`, [])
  return url.replace(/[^/]+$/, name)
}
