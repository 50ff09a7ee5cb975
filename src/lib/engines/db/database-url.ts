import { EngineMisconfigured } from '../errors.js'
import { characterToEscape, escapeRemedy } from '../url-escapes.js'

export type DatabaseKind = 'sqlite' | 'postgres' | 'mysql'
/** The drivers by the names that `DATABASE_URL` knows them by. */
export type SqliteDriverName = 'node:sqlite' | 'sqlite3'

const kinds: ReadonlyMap<string, DatabaseKind> = new Map([
  ['sqlite', 'sqlite'],
  ['postgres', 'postgres'],
  ['postgresql', 'postgres'],
  ['mysql', 'mysql'],
  ['mariadb', 'mysql'],
])

/** By the URL's scheme. @throws EngineMisconfigured if it is of no database that we know. */
export function databaseKindOf(url: string): DatabaseKind {
  const kind = kinds.get(/^[a-z]+(?=:)/.exec(url)?.[0] ?? '')
  if (kind !== undefined) return kind
  throw new EngineMisconfigured('DATABASE_URL begins with none of sqlite:, postgres:, mysql: and mariadb:')
}

/**
 * The parts of a `DATABASE_URL` of SQLite: the path, or `:memory:`, and the driver that it asks for, if any.
 *
 * @throws EngineMisconfigured if it asks for another driver than those that we know.
 */
export function partsOfSqliteUrl(url: string): {
  readonly path: string
  readonly driver: SqliteDriverName | undefined
} {
  const [, path = '', driver] = /^sqlite:(?:\/\/)?(.*?)(?:\?driver=([^?]*))?$/s.exec(url) ?? []
  if (driver === undefined || driver === 'node:sqlite' || driver === 'sqlite3') return { path, driver }
  throw new EngineMisconfigured(
    `DATABASE_URL asks for the SQLite driver ${JSON.stringify(driver)}: it can be node:sqlite or sqlite3`,
  )
}

/** @throws EngineMisconfigured that names the character to escape, if there is one in the user or the password. */
export function serverUrl(text: string): URL {
  const character = characterToEscape(text)
  if (character !== undefined)
    throw new EngineMisconfigured(`DATABASE_URL cannot be parsed: ${escapeRemedy(character)}`)
  if (URL.canParse(text)) return new URL(text)
  throw new EngineMisconfigured('DATABASE_URL cannot be parsed: its host or its port is not valid')
}
