import { codeOf } from './database-error.js'
import type { SqlDialect, SqlRow } from './dialect.js'
import { type MysqlConnection, type MysqlConnections, type MysqlWork, rowsMet } from './mysql-pool.js'
import { mysqlStatements } from './mysql-statements.js'

/** A key stands there already. */
const DUPLICATE = 'ER_DUP_ENTRY'

/** The transaction was undone as a whole, through no fault of its own. */
const DEADLOCK = 'ER_LOCK_DEADLOCK'

/**
 * Sessions in a table of @keyv/mysql. No statement that both servers know tells which of several rows it changed, so
 * each write is a statement of its own: its count of rows is the answer. Those of a batch run side by side on the
 * pool's connections and share the server's write to disk.
 */
export function mysqlDialect(connections: MysqlConnections, table: string): SqlDialect {
  const sql = mysqlStatements(table)

  const use = async <Result>(work: MysqlWork<Result>): Promise<Result> => {
    try {
      return await connections.use(work)
    } catch (error) {
      if (codeOf(error) !== DEADLOCK) throw error
      return connections.use(work)
    }
  }
  const write = (statement: string, ...values: unknown[]): Promise<number> =>
    use(async (connection) => rowsMet((await connection.execute(statement, values))[0]))

  /** The keys of the items whose step was done. */
  const each = async <Item extends { readonly key: string }>(
    items: readonly Item[],
    step: (item: Item) => Promise<boolean>,
  ): Promise<string[]> => {
    const done = await Promise.all(items.map(step))
    return items.filter((_, index) => done[index]).map(({ key }) => key)
  }

  return {
    beside: true,
    async readMany(keys) {
      const padded = toPowerOfTwo(keys)
      const [rows] = await use((connection) => connection.execute(sql.read(padded.length), padded))
      return rows as SqlRow[]
    },
    insertMany: (writes) =>
      each(writes, ({ key, text }) =>
        use((connection) => unlessTaken(connection.execute(sql.insert, [key, text]))),
      ),
    replaceMany: (writes) =>
      each(
        writes,
        async ({ key, text, version, now }) => (await write(sql.replace, text, key, version, now)) > 0,
      ),
    extendMany: (extensions) =>
      each(
        extensions,
        async ({ key, expires, now }) => (await write(sql.extend, String(expires), key, now)) > 0,
      ),
    move: ({ from, to, entry, mark }, version, now) =>
      use((connection) =>
        inTransaction(connection, async () => {
          // First the row that is there: from here on no other mover of this session gets past.
          const [marked] = await connection.execute(sql.replace, [mark.text, from, version, now])
          return rowsMet(marked) > 0 && unlessTaken(connection.execute(sql.insert, [to, entry.text]))
        }),
      ),
    remove: async (key) => (await write(sql.remove, key)) > 0,
    removeExpired: (prefix, limit, now) => write(sql.removeExpired(limit), now, prefix, prefix),
    close: () => connections.close(),
  }
}

/** Commits if `work` answers true; undoes it otherwise. If it throws, its connection is closed, which undoes it too. */
async function inTransaction(connection: MysqlConnection, work: () => Promise<boolean>): Promise<boolean> {
  await connection.beginTransaction()
  const done = await work()
  await (done ? connection.commit() : connection.rollback())
  return done
}

async function unlessTaken(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert
    return true
  } catch (error) {
    if (codeOf(error) === DUPLICATE) return false
    throw error
  }
}

/** The last key again and again: nine statements for up to 256 keys, which a connection can keep prepared. */
function toPowerOfTwo(keys: readonly string[]): string[] {
  const length = 2 ** Math.ceil(Math.log2(Math.max(1, keys.length)))
  return Array.from({ length }, (_, index) => keys[index] ?? keys.at(-1) ?? '')
}
