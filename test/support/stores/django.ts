import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectMariadb, mariadbMissing, mariadbUrl } from '../servers/mariadb.js'
import type { PlainConnection } from '../servers/plain.js'
import { queryOnce } from '../servers/plain.js'
import { connectPostgres, postgresMissing, postgresUrl } from '../servers/postgres.js'
import { sharedPort } from '../servers/shared.js'
import { connectSqlite, sqliteUrl } from '../sqlite.js'
import type { EngineUnderTest, Store } from './store.js'

/** The table as Django's migrations make it, which need no Django for this. */
const tableOf = (text: string, moment: string): string => `
  CREATE TABLE django_session(
    session_key varchar(40) NOT NULL PRIMARY KEY, session_data ${text} NOT NULL, expire_date ${moment} NOT NULL
  )`
export const mariadbTable = tableOf('longtext', 'datetime(6)')
const INDEX = 'CREATE INDEX django_session_expire_date_a5c62663 ON django_session(expire_date)'

/** How a test reaches the table beside the engine; `?` or `$1` for parameters, as the database writes them. */
interface Beside {
  readonly options: Store['options']
  connect(): Promise<PlainConnection>
  /** A parameter's name in a statement, by its place. */
  readonly parameter: (place: number) => string
  discard(): Promise<void>
}

export const djangoSqlite: EngineUnderTest = {
  ...common('SQLite', 'dj.SQLite'),
  prepare: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
    const path = join(directory, 'django.sqlite3')
    return storeOn(tableOf('text', 'datetime'), {
      options: { databaseUrl: sqliteUrl(path) },
      connect: () => connectSqlite(sqliteUrl(path)),
      parameter: () => '?',
      discard: () => rm(directory, { recursive: true }),
    })
  },
}

export const djangoPostgres: EngineUnderTest = {
  ...common('PostgreSQL', 'dj.PgSQL'),
  ...(postgresMissing && { missing: postgresMissing }),
  prepare: async () => {
    const databaseUrl = postgresUrl(await sharedPort('postgres'))
    const databaseSchema = `s${randomUUID().replaceAll('-', '')}`
    await queryOnce(connectPostgres(databaseUrl), `CREATE SCHEMA ${databaseSchema}`, [])
    return storeOn(tableOf('text', 'timestamptz'), {
      options: { databaseUrl, databaseSchema },
      async connect() {
        const connection = await connectPostgres(databaseUrl)
        await connection.query(`SET search_path TO ${databaseSchema}`)
        return connection
      },
      parameter: (place) => `$${place}`,
      discard: () =>
        queryOnce(connectPostgres(databaseUrl), `DROP SCHEMA ${databaseSchema} CASCADE`, []).then(nothing),
    })
  },
}

export const djangoMariadb: EngineUnderTest = {
  ...common('MariaDB', 'dj.MariaDB'),
  ...(mariadbMissing && { missing: mariadbMissing }),
  prepare: async () => {
    const server = mariadbUrl(await sharedPort('mariadb'))
    const name = `t${randomUUID().replaceAll('-', '')}`
    await queryOnce(connectMariadb(server), `CREATE DATABASE ${name} CHARACTER SET utf8mb4`, [])
    const databaseUrl = server.replace(/[^/]+$/, name)
    return storeOn(mariadbTable, {
      options: { databaseUrl },
      connect: () => connectMariadb(databaseUrl),
      parameter: () => '?',
      discard: () => queryOnce(connectMariadb(server), `DROP DATABASE ${name}`, []).then(nothing),
    })
  },
}

/** Django's session files. */
export const djangoFiles: EngineUnderTest = {
  title: "Django's files",
  head: 'dj.files',
  engine: 'file',
  keyOf: (id) => id,
  prepare: async () => {
    const filePath = await mkdtemp(join(tmpdir(), 'tessera-'))
    const pathOf = (name: string): string => join(filePath, name)
    return {
      options: { codec: 'django', filePath },
      damage: (key, text) => writeFile(pathOf(`sessionid${key}`), text),
      async dump() {
        const names = await readdir(filePath)
        const texts = await Promise.all(names.map((name) => readFile(pathOf(name), 'utf8')))
        return JSON.stringify([names, texts])
      },
      discard: () => rm(filePath, { recursive: true }),
    }
  },
}

function common(database: string, head: string) {
  return {
    title: `Django's table on ${database}`,
    head,
    engine: 'db',
    // Django looks for ids as they are.
    keyOf: (id: string) => id,
  } as const
}

async function storeOn(table: string, { options, connect, parameter, discard }: Beside): Promise<Store> {
  const ask = (sql: string, ...values: readonly unknown[]) => queryOnce(connect(), sql, values)
  await ask(table)
  await ask(INDEX)
  return {
    options: { ...options, codec: 'django' },
    async damage(key, text) {
      const sql = `UPDATE django_session SET session_data = ${parameter(1)} WHERE session_key = ${parameter(2)}`
      await ask(sql, text, key)
    },
    dump: async () => JSON.stringify(await ask('SELECT * FROM django_session')),
    discard,
  }
}

function nothing(): void {}
