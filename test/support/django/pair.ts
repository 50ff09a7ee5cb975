import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openSessions, type Sessions, type SessionsOptions } from '../../../src/lib/index.js'
import { mariadb, postgres } from '../databases.js'
import { type PlainConnection, queryOnce, type Rows } from '../servers/plain.js'
import { connectSqlite, sqliteUrl } from '../sqlite.js'
import type { EngineUnderTest } from '../stores/store.js'
import { testOf } from '../test-of.js'
import { DjangoProject, djangoMissing, SECRET } from './project.js'

/** A row of Django's table, as it stands there. */
export interface Row {
  readonly session_key: string
  readonly session_data: string
  readonly expire_date: unknown
}

/** A Django project and our sessions on one database, which Django has made. */
export class Pair {
  readonly django: DjangoProject
  /** What our sessions are opened with. */
  readonly settings: SessionsOptions
  readonly #connect: () => Promise<PlainConnection>

  constructor(django: DjangoProject, databaseUrl: string, connect: () => Promise<PlainConnection>) {
    this.django = django
    this.settings = { engine: 'db', codec: 'django', databaseUrl, secretKey: SECRET, engineTimeout: 20_000 }
    this.#connect = connect
  }

  /** Our sessions, for one test. */
  async open(t: ExecutionContext, more: SessionsOptions = {}): Promise<Sessions> {
    const sessions = await openSessions({ logger: silent, ...this.settings, ...more })
    t.teardown(() => sessions.close())
    return sessions
  }

  /** For what takes an engine of ours by its store. Nothing of the store is thrown away. */
  get under(): EngineUnderTest {
    const { databaseUrl = '', codec = 'django', secretKey } = this.settings
    const options = { databaseUrl, codec, secretKey: String(secretKey) }
    return {
      title: 'beside Django',
      head: 'beside',
      engine: 'db',
      prepare: async () => ({ options, discard: async () => {} }),
    }
  }

  /** The row at `key`, if there is one. */
  async row(key: string): Promise<Row | undefined> {
    return (await this.rows()).find((row) => row.session_key === key)
  }

  async rows(): Promise<readonly Row[]> {
    return (await this.query('SELECT * FROM django_session')) as unknown as Row[]
  }

  query(sql: string): Promise<Rows> {
    return queryOnce(this.#connect(), sql, [])
  }
}

/** There a moment is an instant, whatever the time zone of whoever writes it. */
export function isPostgres({ settings }: Pair): boolean {
  return settings.databaseUrl?.startsWith('postgres') ?? false
}

/** Where Django can have its table. */
interface Place {
  readonly title: string
  readonly missing?: string | undefined
  fresh(): Promise<string>
  connect(url: string): Promise<PlainConnection>
}

const sqlite: Place = {
  title: 'SQLite',
  async fresh() {
    const directory = mkdtempSync(join(tmpdir(), 'tessera-django-'))
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
    return sqliteUrl(join(directory, 'db.sqlite3'))
  },
  connect: connectSqlite,
}

const places: readonly Place[] = [
  sqlite,
  { ...postgres, title: 'PostgreSQL' },
  { ...mariadb, title: 'MariaDB' },
]

export interface PairOptions {
  /** The databases by their titles. Default: all. */
  readonly on?: readonly string[]
  /** What the Django project is told, in its environment. */
  readonly env?: Readonly<Record<string, string>>
}

type RunWithPair = (t: ExecutionContext, pair: Pair) => Promise<unknown>

/**
 * How a test file registers its tests: each runs on every database, beside one Django project for the whole file, which is
 * started when the first of them asks.
 */
export function besideDjango({ on, env = {} }: PairOptions = {}): (title: string, run: RunWithPair) => void {
  const chosen = places.filter(({ title }) => on?.includes(title) ?? true)
  const pairs = new Map<Place, Promise<Pair>>()
  test.after.always(async () => {
    const started = await Promise.allSettled(pairs.values())
    await Promise.all(
      started.map((pair) => (pair.status === 'fulfilled' ? pair.value.django.stop() : undefined)),
    )
  })
  const pairOn = async (place: Place): Promise<Pair> => {
    const url = await place.fresh()
    const django = await DjangoProject.migrated({ url, env })
    return new Pair(django, url, () => place.connect(url))
  }
  return (title, run) => {
    for (const place of chosen) {
      const missing = djangoMissing ?? place.missing
      testOf({ title: `beside Django on ${place.title}`, missing }, title, async (t) => {
        const pair = pairs.get(place) ?? pairOn(place)
        pairs.set(place, pair)
        await run(t, await pair)
      })
    }
  }
}

const silent = { warn: () => {}, error: () => {} }
