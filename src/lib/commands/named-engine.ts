import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EmptyStore } from '../conformance/index.js'
import type { EngineName } from '../engines/names.js'
import { redisKeyOf } from '../engines/redis/store.js'
import { openEngine } from '../engines/registry.js'
import type { Settings } from '../settings/settings.js'
import { connectToServer, storeKindOf } from './store-connection.js'

/** One of Tessera's engines, to be tried where no session of anybody is. */
export interface NamedEngine {
  readonly emptyStore: () => Promise<EmptyStore>
  /** Removes what the cases have left. */
  readonly cleanUp: () => Promise<void>
}

/** What a busy server may take for one call in a test: milliseconds. What is late is not what the cases look for. */
const PATIENCE = 20_000

/**
 * The engine, on a store of its own: SQLite and files in a temporary directory; on a server, keys or a table with a name
 * that was drawn, which are removed afterwards.
 */
export function namedEngine(engine: EngineName, settings: Settings): NamedEngine {
  const drawn = randomBytes(6).toString('hex')
  const table = `tessera_conformance_${drawn}`
  const chosen: Settings = { ...settings, engine, engineTimeout: Math.max(PATIENCE, settings.engineTimeout) }
  const kind = storeKindOf(chosen)
  let count = 0
  return {
    async emptyStore() {
      const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
      const options = {
        ...chosen,
        keyPrefix: `${table}-${count++}`,
        databaseTable: table,
        filePath: join(directory, 'sessions'),
        ...(kind === 'sqlite' && { databaseUrl: `sqlite:${join(directory, 'sessions.sqlite')}` }),
      }
      return {
        open: (tools) => openEngine(engine, options, tools),
        discard: () => rm(directory, { recursive: true, force: true }),
      }
    },
    async cleanUp() {
      if (count === 0) return
      const server = await connectToServer(chosen)
      try {
        if (server?.kind === 'redis') await removeKeys(server.ask, redisKeyOf(`${table}-*`, '*'))
        // The name was drawn, and has letters, digits and underscores only.
        else await server?.ask(`DROP TABLE IF EXISTS ${inSchema(kind, chosen)}${table}`)
      } finally {
        await server?.close()
      }
    },
  }
}

function inSchema(kind: string, { databaseSchema }: Settings): string {
  return kind === 'postgres' && databaseSchema !== undefined ? `${databaseSchema.toLowerCase()}.` : ''
}

async function removeKeys(ask: (...words: string[]) => Promise<unknown>, pattern: string): Promise<void> {
  let cursor = '0'
  do {
    const reply = await ask('SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000')
    const [next, keys] = Array.isArray(reply) ? reply : ['0', []]
    cursor = String(next)
    for (const key of Array.isArray(keys) ? keys : []) await ask('DEL', String(key))
  } while (cursor !== '0')
}
