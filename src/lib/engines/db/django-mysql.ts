import {
  commonStatements,
  type DjangoStatements,
  type DjangoTableOptions,
  type OpenedDjango,
} from '../django/django-table.js'
import { serverUrl } from './database-url.js'
import { codeOf, nameOf } from './driver.js'
import { mysqlConnections, rowsMet } from './mysql-pool.js'

/** The key is taken. */
const DUPLICATE = 'ER_DUP_ENTRY'

const TABLE = 'django_session'

const statements: DjangoStatements = {
  ...commonStatements({
    table: TABLE,
    // As a text: the driver would make a Date of it, in the time zone of this process.
    expires: 'CAST(expire_date AS CHAR)',
    moment: '?',
    // The table's collation may take a text for another one that differs in capitals.
    exactly: '? COLLATE utf8mb4_bin',
    returning: '',
  }),
  insert: `INSERT INTO ${TABLE}(session_key, session_data, expire_date) VALUES (?, ?, ?)`,
  // The first condition says nothing that the second does not: the steps have the same parameters everywhere.
  removeExpired: `DELETE FROM ${TABLE} WHERE expire_date < ? AND expire_date < ? LIMIT ?`,
}

/** Django's table in MariaDB or MySQL, where a moment has no time zone. */
export async function openDjangoMysql({ moments, ...options }: DjangoTableOptions): Promise<OpenedDjango> {
  const { databaseUrl, engineTimeout: timeLimit } = options
  const url = serverUrl(databaseUrl)
  const name = nameOf('MySQL', url)
  const connections = mysqlConnections({ url, name, timeLimit })
  return {
    name,
    database: {
      statements,
      async read(sql, parameters, timeLimit) {
        const [rows] = await connections.use(timeLimit, (connection) => connection.execute(sql, parameters), {
          onlyReads: true,
        })
        return rows as unknown[]
      },
      async write(sql, parameters, timeLimit) {
        try {
          const [result] = await connections.use(timeLimit, (connection) =>
            // Not every server takes a number for the limit of a prepared statement.
            connection.execute(
              sql,
              parameters.map((value) => (typeof value === 'number' ? String(value) : value)),
            ),
          )
          return rowsMet(result)
        } catch (error) {
          if (codeOf(error) === DUPLICATE) return 'taken'
          throw error
        }
      },
      toColumn: moments.toColumn,
      fromColumn: (value) => moments.fromColumn(String(value)),
      close: () => connections.close(),
    },
  }
}
