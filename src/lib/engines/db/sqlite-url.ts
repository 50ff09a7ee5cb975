/** The parts of a `DATABASE_URL` of SQLite: the path, or `:memory:`, and the driver that it asks for, if any. */
export function partsOfSqliteUrl(url: string): {
  readonly path: string
  readonly driver: string | undefined
} {
  const [, path = '', driver] = /^sqlite:(?:\/\/)?(.*?)(?:\?driver=([^?]*))?$/s.exec(url) ?? []
  return { path, driver }
}
