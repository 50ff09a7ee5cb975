import { randomUUID } from 'node:crypto'
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

/** Where a store is, as `openSessions` and the benchmark's servers take it. */
export type Place = {
  readonly engine: 'db' | 'redis' | 'file'
  readonly databaseUrl?: string
  readonly redisUrl?: string
  readonly filePath?: string
  readonly keyPrefix?: string
}

/** Stores of one kind that share neither table, directory nor key space. */
export interface Stores {
  /** An empty store. */
  make(): Promise<Place>
  /** Bytes that this store takes: on disk, or in Redis' memory. */
  bytes(place: Place): Promise<number>
  /** The server that they are on. Default: they are files. */
  readonly server?: OwnServer
  /** The store removes by itself what is over: there is no sweep to measure. Default: it does not. */
  readonly clearsItself?: boolean
  discard(): Promise<void>
}

interface Kind {
  /** The Debian package that is missing here. */
  readonly missing?: string | undefined
  open(): Promise<Stores>
}

/** Servers are the tests' own; nobody's data is touched. */
const kinds = {
  sqlite: {
    async open() {
      const { path, discard } = await directory()
      let made = 0
      return {
        make: async () => ({ engine: 'db', databaseUrl: `sqlite:${join(path, `${++made}.sqlite`)}` }),
        bytes: ({ databaseUrl = '' }) => bytesBeginning(databaseUrl.slice('sqlite:'.length)),
        discard,
      }
    },
  },

  postgres: {
    missing: postgresMissing,
    async open() {
      const server = await startPostgres()
      const url = postgresUrl(server.port)
      return {
        ...databasesOn(url, (sql) => queryPostgres(url, sql)),
        async bytes({ databaseUrl = '' }) {
          const [row] = await queryPostgres(
            databaseUrl,
            "SELECT pg_total_relation_size('tessera_sessions') AS bytes",
          )
          return Number(row?.bytes)
        },
        server,
      }
    },
  },

  mariadb: {
    missing: mariadbMissing,
    async open() {
      const server = await startMariadb()
      const url = mariadbUrl(server.port)
      return {
        ...databasesOn(url, (sql) => queryMariadb(url, sql)),
        async bytes({ databaseUrl = '' }) {
          const sql = `SELECT SUM(file_size) AS bytes FROM information_schema.innodb_sys_tablespaces WHERE name LIKE '${new URL(databaseUrl).pathname.slice(1)}/%'`
          const [row] = await queryMariadb(url, sql)
          return Number(row?.bytes)
        },
        server,
      }
    },
  },

  redis: {
    missing: redisMissing,
    async open() {
      const server = await startRedis('--appendonly', 'no')
      const url = redisUrl(server.port)
      let made = 0
      return {
        make: async () => ({ engine: 'redis', redisUrl: `${url}/${++made}` }),
        async bytes() {
          const told = await askRedis(url, (client) => client.info('memory'))
          return Number(/used_memory:(\d+)/.exec(told)?.[1])
        },
        server,
        clearsItself: true,
        discard: () => server.stop(),
      }
    },
  },

  file: {
    async open() {
      const { path, discard } = await directory()
      let made = 0
      return {
        make: async () => ({ engine: 'file', filePath: path, keyPrefix: `store${++made}` }),
        bytes: ({ filePath = '', keyPrefix = '' }) => bytesUnder(join(filePath, keyPrefix)),
        discard,
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
  return kind.open()
}

async function directory(): Promise<{ path: string; discard: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `tessera-${randomUUID()}`))
  return { path, discard: () => rm(path, { recursive: true }) }
}

/** Databases beside the one at `url`. */
function databasesOn(
  url: string,
  query: (sql: string) => Promise<unknown>,
): Pick<Stores, 'make' | 'discard'> {
  let made = 0
  return {
    async make() {
      const own = new URL(url)
      own.pathname = `store${++made}`
      await query(`CREATE DATABASE store${made}`)
      return { engine: 'db', databaseUrl: own.href }
    },
    discard: async () => {},
  }
}

/** Of the file, and of those whose names go on behind its name: `-wal` and `-shm`. */
async function bytesBeginning(path: string): Promise<number> {
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith(basename(path)))
  return sum(names.map((name) => sizeOf(join(dirname(path), name))))
}

async function bytesUnder(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true })
  return sum(names.map((name) => sizeOf(join(path, name))))
}

/** What the file takes on the disk; 0 of one that has gone meanwhile. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ blocks }) => blocks * 512,
    () => 0,
  )
}

async function sum(numbers: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(numbers)).reduce((total, number) => total + number, 0)
}
