import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { mariadbMissing, mariadbUrl, queryMariadb, startMariadb } from '../../test/support/servers/mariadb.js'
import type { OwnServer } from '../../test/support/servers/own-server.js'
import {
  postgresMissing,
  postgresUrl,
  queryPostgres,
  startPostgres,
} from '../../test/support/servers/postgres.js'
import { askRedis, redisMissing, redisUrl, startRedis } from '../../test/support/servers/redis.js'
import { atEnd } from '../command-line.js'
import { total } from '../measure/numbers.js'
import type { ServerSpec } from '../measure/server.js'

/** Where a store is, as `openSessions` and the benchmark's servers take it. */
export type Place = {
  readonly engine: 'db' | 'redis' | 'file'
  readonly databaseUrl?: string
  readonly redisUrl?: string
  readonly filePath?: string
}

/** Stores of one kind, none of which sees what is in another. */
export interface Stores {
  /** An empty store. */
  make(): Promise<Place>
  /** Bytes that this store takes: on disk, or in Redis' memory. */
  bytes(place: Place): Promise<number>
  /** The server that they are on. Default: they are files. */
  readonly server?: OwnServer
  /** The store removes by itself what has expired. Default: it does not. */
  readonly clearsItself?: boolean
}

interface Kind {
  /** The Debian package that is missing here. */
  readonly missing?: string | undefined
  /** `path`: a directory for it, which is gone afterwards. */
  open(path: string): Promise<Stores>
}

/** Servers are the tests' own; nobody's data is touched. */
const kinds = {
  sqlite: {
    open: async (path) => {
      let made = 0
      return {
        make: async () => ({ engine: 'db', databaseUrl: `sqlite:${join(path, `${++made}.sqlite`)}` }),
        bytes: async ({ databaseUrl = '' }) => {
          const file = databaseUrl.slice('sqlite:'.length)
          const own = (await readdir(dirname(file))).filter((name) => name.startsWith(basename(file))) // -wal, -shm
          return sizeOf(own.map((name) => join(dirname(file), name)))
        },
      }
    },
  },

  postgres: {
    missing: postgresMissing,
    open: async () => {
      const server = await started(startPostgres())
      const url = postgresUrl(server.port)
      return {
        make: () => newDatabase(url, (sql) => queryPostgres(url, sql)),
        bytes: async ({ databaseUrl = '' }) => {
          const sql = 'SELECT pg_database_size(current_database()) AS bytes'
          return Number((await queryPostgres(databaseUrl, sql))[0]?.bytes)
        },
        server,
      }
    },
  },

  mariadb: {
    missing: mariadbMissing,
    open: async () => {
      const server = await started(startMariadb())
      const url = mariadbUrl(server.port)
      return {
        make: () => newDatabase(url, (sql) => queryMariadb(url, sql)),
        bytes: async ({ databaseUrl = '' }) => {
          const name = new URL(databaseUrl).pathname.slice(1)
          const sql = `SELECT SUM(file_size) AS bytes FROM information_schema.innodb_sys_tablespaces WHERE name LIKE '${name}/%'`
          return Number((await queryMariadb(url, sql))[0]?.bytes)
        },
        server,
      }
    },
  },

  redis: {
    missing: redisMissing,
    open: async () => {
      const server = await started(startRedis('--appendonly', 'no'))
      const url = redisUrl(server.port)
      let made = 0
      return {
        make: async () => ({ engine: 'redis', redisUrl: `${url}/${++made}` }),
        bytes: async () => {
          const told = await askRedis(url, (client) => client.info('memory'))
          return Number(/used_memory:(\d+)/.exec(told)?.[1])
        },
        server,
        clearsItself: true,
      }
    },
  },

  file: {
    open: async (path) => {
      let made = 0
      return {
        make: async () => ({ engine: 'file', filePath: join(path, String(++made)) }),
        bytes: async ({ filePath = '' }) => {
          const names = await readdir(filePath, { recursive: true })
          return sizeOf(names.map((name) => join(filePath, name)))
        },
      }
    },
  },
} as const satisfies Record<string, Kind>

export type StoreName = keyof typeof kinds
export const storeNames = Object.keys(kinds) as readonly StoreName[]

/**
 * Stores of that kind, on a server that is started for them.
 *
 * @throws Error naming the package to install where that server is not on this machine.
 */
export async function openStores(name: StoreName): Promise<Stores> {
  const kind: Kind = kinds[name]
  if (kind.missing !== undefined) {
    throw new Error(`${name} is not installed on this machine: apt-get install ${kind.missing}`)
  }
  const path = await mkdtemp(join(tmpdir(), 'tessera-'))
  atEnd(() => rm(path, { recursive: true }))
  return kind.open(path)
}

/** A server that ends with the measurement. */
async function started(starting: Promise<OwnServer>): Promise<OwnServer> {
  const server = await starting
  atEnd(() => server.discard())
  return server
}

let databases = 0

/** A new database beside the one at `url`. */
async function newDatabase(url: string, query: (sql: string) => Promise<unknown>): Promise<Place> {
  const own = new URL(url)
  own.pathname = `store${++databases}`
  await query(`CREATE DATABASE store${databases}`)
  return { engine: 'db', databaseUrl: own.href }
}

/** What these files take on the disk; one that has gone meanwhile takes nothing. */
async function sizeOf(paths: readonly string[]): Promise<number> {
  const stats = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)))
  return total(stats, (one) => (one?.blocks ?? 0) * 512)
}

/** What the benchmark's servers call their cookie. */
export const COOKIE = 'sessionid'

/** The benchmark's Tessera on a store that others may be on too. `more`: settings, such as `cookieAge`. */
export function tesseraAt(place: Place, name: string, more: ServerSpec['options'] = {}): ServerSpec {
  return { name, framework: 'koa', open: 'tessera', options: { ...place, ...more } }
}
