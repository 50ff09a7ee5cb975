import { stat } from 'node:fs/promises'
import { KeyedMutex } from '../concurrency.js'
import {
  commonStatements,
  type DjangoStatements,
  type DjangoTableOptions,
  type OpenedDjango,
} from '../django/django-table.js'
import { partsOfSqliteUrl } from './database-url.js'
import { unavailable } from './driver.js'
import { MEMORY, openSqliteDatabase, sqliteNameOf } from './sqlite.js'

const TABLE = 'django_session'
const RETURNING = ' RETURNING session_key'

/** The condition of `removeExpired` stands twice: a row can be prolonged between the two looks. */
const statements: DjangoStatements = numbered({
  ...commonStatements({
    table: TABLE,
    // A key that is taken is no error, and no row either.
    update: 'UPDATE OR IGNORE',
    expires: 'expire_date',
    moment: '?',
    exactly: '?',
    returning: RETURNING,
  }),
  insert: `
    INSERT INTO ${TABLE}(session_key, session_data, expire_date) VALUES (?, ?, ?)
    ON CONFLICT(session_key) DO NOTHING${RETURNING}`,
  removeExpired: `
    DELETE FROM ${TABLE}
    WHERE expire_date < ? AND session_key IN (SELECT session_key FROM ${TABLE} WHERE expire_date < ? LIMIT ?)${RETURNING}`,
})

/** With the number of each parameter: `node:sqlite` finds them by names, which are made of the numbers. */
function numbered(plain: DjangoStatements): DjangoStatements {
  const texts = Object.entries(plain).map(([name, sql]: [string, string]) => {
    let count = 0
    return [name, sql.replaceAll('?', () => `?${++count}`)]
  })
  return Object.fromEntries(texts) as DjangoStatements
}

/** Django's table in SQLite, where a moment is a text. The journal stays as Django has chosen it. */
export async function openDjangoSqlite({ moments, ...options }: DjangoTableOptions): Promise<OpenedDjango> {
  const parts = partsOfSqliteUrl(options.databaseUrl)
  const name = sqliteNameOf(parts.path)
  // SQLite would make an empty file.
  if (parts.path !== MEMORY)
    await stat(parts.path).catch((cause: unknown) => {
      throw unavailable(name, cause)
    })
  const { database } = await openSqliteDatabase(
    { ...options, ...parts },
    { writer: nothing, reader: nothing },
  )
  const writing = new KeyedMutex()
  return {
    name,
    database: {
      statements,
      async read(sql, parameters, timeLimit) {
        const { reader } = await database.connections()
        return reader.query(sql, parameters, timeLimit)
      },
      // Two statements at once on one connection would stop the event loop; see `sqliteDialect`.
      write: (sql, parameters, timeLimit) =>
        writing.runExclusive('writer', async () => {
          const { writer } = await database.connections()
          return (await writer.query(sql, parameters, timeLimit)).length
        }),
      toColumn: moments.toColumn,
      fromColumn: (value) => moments.fromColumn(String(value)),
      close: () => database.close(),
    },
  }
}

async function nothing(): Promise<void> {}
