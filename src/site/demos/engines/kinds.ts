import type { Capabilities } from '../../../lib/index.js'
import type { EngineName } from '../../../lib/internal.js'

/** What the page says about an engine. */
export interface EngineKind {
  readonly name: EngineName
  /** Where a session is stored. */
  readonly where: string
  /** Whether a log-out ends every copy of the id, and whether other processes see the session. */
  readonly capabilities: Pick<Capabilities, 'revocable' | 'shared'>
  /** What a restart of the server leaves. */
  readonly restart: string
  /** Who removes what has expired. */
  readonly sweep: string
  /** What else it does differently. */
  readonly about: string
  /** The commands that start the server with it. */
  readonly start: readonly string[]
}

/** What every engine but two can do. */
const SHARED = { revocable: true, shared: true }

export const engineKinds: readonly EngineKind[] = [
  {
    name: 'db',
    where: 'A row of the table tessera_sessions',
    capabilities: SHARED,
    restart: 'all sessions',
    sweep: 'the sweep of this server',
    about:
      'In SQLite, PostgreSQL or MariaDB, as DATABASE_URL says. Version and end are columns too: a write names the version ' +
      'that it read. MariaDB calls the key id.',
    start: ['npm start', 'NODE_ENV=postgres npm start', 'NODE_ENV=mariadb npm start'],
  },
  {
    name: 'cached_db',
    where: 'The same row, and a copy in memory',
    capabilities: SHARED,
    restart: 'all sessions',
    sweep: 'the sweep of this server',
    about:
      'This process answers reads from its memory for CACHE_TTL seconds. Writes go to the database and name the version, so ' +
      'an old copy never overwrites a newer record.',
    start: ['NODE_ENV=cached npm start'],
  },
  {
    name: 'redis',
    where: 'A key of Redis or Valkey',
    capabilities: SHARED,
    restart: 'all sessions, as far as Redis saves them',
    sweep: 'Redis',
    about:
      'Redis removes the key when it expires. Whether a session has expired is decided here, by the time inside the text.',
    start: ['NODE_ENV=redis npm start'],
  },
  {
    name: 'file',
    where: 'A file',
    capabilities: SHARED,
    restart: 'all sessions',
    sweep: 'the sweep of this server',
    about:
      'One file for each session, which only its owner may read. The first two characters of the hash name the directory.',
    start: ['NODE_ENV=files npm start'],
  },
  {
    name: 'cache',
    where: 'An entry in this process’s memory',
    capabilities: { revocable: true, shared: false },
    restart: 'nothing',
    sweep: 'the sweep of this server',
    about:
      'In lru-cache. When CACHE_MAX_SESSIONS are there, the anonymous one that was not used for longest is removed. A restart removes all.',
    start: ['NODE_ENV=memory npm start'],
  },
  {
    name: 'signed_cookies',
    where: 'The cookie itself',
    capabilities: { revocable: false, shared: true },
    restart: 'all sessions, with the same SECRET_KEY',
    sweep: 'the browser',
    about:
      'Nothing is stored. A sealed cookie is encrypted. A signed one can be read by whoever has it, but nobody can change it. ' +
      'The key of these two was thrown away, so no server accepts them.',
    start: ['NODE_ENV=cookies npm start', 'COOKIE_CODEC=signed NODE_ENV=cookies npm start'],
  },
]
