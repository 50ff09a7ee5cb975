export type Rows = Record<string, unknown>[]

/** A connection to a database, with nothing of ours in between. */
export interface PlainConnection {
  query(sql: string, ...values: readonly unknown[]): Promise<Rows>
  end(): Promise<void>
}

/** Runs one statement and ends the connection. */
export async function queryOnce(
  connected: Promise<PlainConnection>,
  sql: string,
  values: readonly unknown[],
): Promise<Rows> {
  const connection = await connected
  try {
    return await connection.query(sql, ...values)
  } finally {
    await connection.end()
  }
}
