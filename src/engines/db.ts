import { jsonCodec } from '../codecs/json.js'
import type { Engine } from './contract.js'
import { type EngineTools, KeyedEngine } from './keyed-engine.js'
import { MEMORY, openSqlite } from './sqlite.js'

export interface DbOptions {
  /** `sqlite:path`, `sqlite://path` or `sqlite::memory:`. */
  readonly databaseUrl: string
  readonly keyPrefix: string
  /** Milliseconds. */
  readonly engineTimeout: number
}

/** The `db` engine: sessions in a table of a database. */
export async function openDb(options: DbOptions, tools: EngineTools): Promise<Engine> {
  const { databaseUrl, keyPrefix, engineTimeout } = options
  const path = databaseUrl.replace(/^sqlite:(\/\/)?/, '')
  const store = await openSqlite({ path, keyPrefix, timeLimit: engineTimeout })
  const capabilities = { revocable: true, shared: path !== MEMORY, enumerable: true }
  return new KeyedEngine({ ...tools, name: 'db', capabilities, store, codec: jsonCodec, keyPrefix })
}
