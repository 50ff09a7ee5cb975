import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionsOptions } from '../../src/index.js'
import { mariadbServer, mariadbUrl, queryMariadb } from '../../test/servers/mariadb.js'
import { postgresServer, postgresUrl, queryPostgres } from '../../test/servers/postgres.js'
import { redisServer, redisUrl } from '../../test/servers/redis.js'

/** Two empty stores of one kind that share neither table, directory nor key space. */
export interface Pair {
  readonly few: SessionsOptions
  readonly many: SessionsOptions
  /** The store removes by itself what is over: there is no sweep to measure. Default: it does not. */
  readonly clearsItself?: boolean
  discard(): Promise<void>
}

/** Kinds of stores, and how to make a pair: servers are the tests' own, nobody's data is touched. */
export const stores: Readonly<Record<string, () => Promise<Pair>>> = {
  async sqlite() {
    const { path, discard } = await directory()
    const at = (name: string): SessionsOptions => ({
      engine: 'db',
      databaseUrl: `sqlite:${join(path, name)}`,
    })
    return { few: at('few.sqlite'), many: at('many.sqlite'), discard }
  },

  async postgres() {
    const url = postgresUrl((await postgresServer()).port)
    await queryPostgres(url, 'CREATE DATABASE few')
    return databasesBeside(url)
  },

  async mariadb() {
    const url = mariadbUrl((await mariadbServer()).port)
    await queryMariadb(url, 'CREATE DATABASE few')
    return databasesBeside(url)
  },

  async redis() {
    const url = redisUrl((await redisServer()).port)
    return {
      few: { engine: 'redis', redisUrl: `${url}/1` },
      many: { engine: 'redis', redisUrl: `${url}/2` },
      clearsItself: true,
      discard: async () => {},
    }
  },

  async file() {
    const { path, discard } = await directory()
    const at = (keyPrefix: string): SessionsOptions => ({ engine: 'file', filePath: path, keyPrefix })
    return { few: at('few'), many: at('many'), discard }
  },
}

async function directory(): Promise<{ path: string; discard: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `tessera-${randomUUID()}`))
  return { path, discard: () => rm(path, { recursive: true }) }
}

/** The database at `url` for the many, and the one beside it that is called `few`. */
function databasesBeside(url: string): Pair {
  const few = new URL(url)
  few.pathname = 'few'
  return {
    few: { engine: 'db', databaseUrl: few.href },
    many: { engine: 'db', databaseUrl: url },
    discard: async () => {},
  }
}
