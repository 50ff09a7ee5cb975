import {
  commonStatements,
  type DjangoStatements,
  type DjangoTableOptions,
  type OpenedDjango,
} from '../django/django-table.js'
import { serverUrl } from './database-url.js'
import { codeOf, nameOf } from './driver.js'
import { postgresConnections } from './postgres-pool.js'

/** The key is taken. */
const UNIQUE_VIOLATION = '23505'

/** Milliseconds since 1970, among the parameters. */
const MOMENT = 'to_timestamp(?::float8 / 1000)'
const RETURNING = ' RETURNING session_key'

function statementsFor(table: string): DjangoStatements {
  return {
    ...commonStatements({
      table,
      expires: '(extract(epoch FROM expire_date) * 1000)::float8',
      moment: MOMENT,
      exactly: '?',
      returning: RETURNING,
    }),
    insert: `
      INSERT INTO ${table}(session_key, session_data, expire_date) VALUES (?, ?, ${MOMENT})
      ON CONFLICT(session_key) DO NOTHING${RETURNING}`,
    // The server looks at the condition again when it locks a row, so one that was prolonged meanwhile stays.
    removeExpired: `
      DELETE FROM ${table} WHERE expire_date < ${MOMENT}
      AND session_key IN (SELECT session_key FROM ${table} WHERE expire_date < ${MOMENT} LIMIT ?)${RETURNING}`,
  }
}

/** Django's table in PostgreSQL, where a moment is an instant, whatever Django's time zone. */
export async function openDjangoPostgres(options: DjangoTableOptions): Promise<OpenedDjango> {
  const { databaseUrl, databaseSchema: schema, engineTimeout: timeLimit } = options
  const url = serverUrl(databaseUrl)
  const name = nameOf('PostgreSQL', url)
  const connections = postgresConnections({ url, name, timeLimit })
  const table = schema === undefined ? 'django_session' : `"${schema.toLowerCase()}".django_session`
  const numbered = Object.entries(statementsFor(table)).map(([step, sql]) => [step, withNumbers(sql)])
  return {
    name,
    database: {
      statements: Object.fromEntries(numbered),
      async read(sql, parameters, timeLimit) {
        const { rows } = await connections.use(timeLimit, (connection) => connection.query(sql, parameters), {
          onlyReads: true,
        })
        return rows
      },
      async write(sql, parameters, timeLimit) {
        try {
          const { rows } = await connections.use(timeLimit, (connection) => connection.query(sql, parameters))
          return rows.length
        } catch (error) {
          if (codeOf(error) === UNIQUE_VIOLATION) return 'taken'
          throw error
        }
      },
      toColumn: (time) => time,
      fromColumn: Number,
      close: () => connections.close(),
    },
  }
}

/** PostgreSQL numbers its parameters. */
function withNumbers(sql: string): string {
  let count = 0
  return sql.replaceAll('?', () => `$${++count}`)
}
