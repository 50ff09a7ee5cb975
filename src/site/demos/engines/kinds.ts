import type { EngineName } from '../../../lib/internal.js'

/** What the page says about an engine. */
export interface EngineKind {
  readonly name: EngineName
  /** Where a session is stored. */
  readonly where: string
  /** How it differs from the others. */
  readonly about: string
  /** The commands that start the server with it. */
  readonly start: readonly string[]
}

export const engineKinds: readonly EngineKind[] = [
  {
    name: 'db',
    where: 'A row of the table tessera_sessions',
    about:
      'In SQLite, PostgreSQL or MariaDB, as DATABASE_URL says. The version and the expiry are columns too, for the ' +
      'conditions of a write. MariaDB calls the key id.',
    start: ['npm start', 'NODE_ENV=postgres npm start', 'NODE_ENV=mariadb npm start'],
  },
  {
    name: 'cached_db',
    where: 'The same row, and a copy in memory',
    about:
      'Sessions in use are answered from this process’s memory for CACHE_TTL seconds. Writes go to the database with their ' +
      'condition, so that what is old in memory overwrites nothing.',
    start: ['NODE_ENV=cached npm start'],
  },
  {
    name: 'redis',
    where: 'A key of Redis or Valkey',
    about:
      'The server removes it at its end by itself. Whether a session is over is decided here, by the time inside the text.',
    start: ['NODE_ENV=redis npm start'],
  },
  {
    name: 'file',
    where: 'A file',
    about:
      'One for each session, which only its owner may read, in a directory named after the first two characters of the hash.',
    start: ['NODE_ENV=files npm start'],
  },
  {
    name: 'cache',
    where: 'An entry in this process’s memory',
    about:
      'In lru-cache: when CACHE_MAX_SESSIONS are there, the one unused for longest gives way. A restart forgets them all.',
    start: ['NODE_ENV=memory npm start'],
  },
  {
    name: 'signed_cookies',
    where: 'The cookie itself',
    about:
      'Nothing is stored. Sealed, it is encrypted; signed, whoever has the cookie can read it, and nobody can change it. ' +
      'These two are signed with a key that was thrown away at once: no server takes them.',
    start: ['NODE_ENV=cookies npm start', 'COOKIE_CODEC=signed NODE_ENV=cookies npm start'],
  },
]
