import { randomUUID } from 'node:crypto'
import { KeyvMysql } from '@keyv/mysql'
import { KeyvPostgres } from '@keyv/postgres'
import { Keyv } from 'keyv'
import { connectMariadb, mariadbMissing, mariadbServer, mariadbUrl } from '../../support/servers/mariadb.js'
import type { OwnServer } from '../../support/servers/own-server.js'
import { type PlainConnection, queryOnce } from '../../support/servers/plain.js'
import {
  connectPostgres,
  postgresMissing,
  postgresServer,
  postgresUrl,
} from '../../support/servers/postgres.js'

/** A database server, as its tests see it. */
export interface Database {
  readonly title: string
  readonly missing: string | undefined
  /** The scheme and user of its URLs. */
  readonly scheme: string
  server(): Promise<OwnServer>
  /** The URL of a new, empty database. */
  fresh(): Promise<string>
  /** A connection that the caller ends. */
  connect(url: string): Promise<PlainConnection>
  /** As a program that knows nothing of us reads it. */
  plain(url: string): Keyv
}

export const databases: readonly Database[] = [
  {
    title: 'db on PostgreSQL',
    missing: postgresMissing,
    scheme: 'postgres',
    server: postgresServer,
    fresh: () => freshOn(postgresServer, postgresUrl, connectPostgres),
    connect: connectPostgres,
    plain: (url) => new Keyv({ store: new KeyvPostgres({ uri: url, table: 'tessera_sessions' }) }),
  },
  {
    title: 'db on MariaDB',
    missing: mariadbMissing,
    scheme: 'mysql',
    server: mariadbServer,
    fresh: () => freshOn(mariadbServer, mariadbUrl, connectMariadb),
    connect: connectMariadb,
    plain: (url) => new Keyv({ store: new KeyvMysql({ uri: url, table: 'tessera_sessions' }) }),
  },
]

async function freshOn(
  server: () => Promise<OwnServer>,
  urlOf: (port: number) => string,
  connect: (url: string) => Promise<PlainConnection>,
): Promise<string> {
  const url = urlOf((await server()).port)
  const name = `t${randomUUID().replaceAll('-', '')}`
  await queryOnce(connect(url), `CREATE DATABASE ${name}`, [])
  return url.replace(/[^/]+$/, name)
}
