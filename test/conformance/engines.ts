import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeyvSqlite } from '@keyv/sqlite'
import type { Engine } from '../../src/engines/contract.js'
import { generateId, keyOf } from '../../src/engines/ids.js'
import type { EngineName } from '../../src/engines/names.js'
import { type EngineOptions, openEngine } from '../../src/engines/registry.js'
import type { Bench } from './case.js'

/** 2026-01-01, some milliseconds after a full second, so that nothing that truncates goes unnoticed. */
const START = Date.UTC(2026, 0, 1) + 123

/** What an engine needs to stand on the bench. */
export interface EngineUnderTest {
  readonly title: string
  readonly engine: EngineName
  /** Prepares an empty store. */
  prepare(): Promise<Store>
}

export interface Store {
  readonly options: Partial<EngineOptions>
  readonly damage?: (key: string, text: string) => Promise<void>
  readonly dump?: () => Promise<string>
  discard(): Promise<void>
}

/** Every engine; the next one adds a line here, and its store below. */
export const enginesUnderTest: readonly EngineUnderTest[] = [
  { title: 'cache', engine: 'cache', prepare: prepareMemory },
  { title: 'db on SQLite', engine: 'db', prepare: prepareSqlite },
]

async function prepareMemory(): Promise<Store> {
  return { options: {}, discard: async () => {} }
}

async function prepareSqlite(): Promise<Store> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
  const path = join(directory, 'sessions.sqlite')
  return {
    options: { databaseUrl: `sqlite:${path}` },
    async damage(key, text) {
      const plain = new KeyvSqlite(`sqlite://${path}`)
      await plain.set(`keyv:${key}`, text)
      await plain.disconnect()
    },
    async dump() {
      const files = await readdir(directory)
      const contents = await Promise.all(files.map((file) => readFile(join(directory, file), 'latin1')))
      return contents.join('\n')
    },
    discard: () => rm(directory, { recursive: true }),
  }
}

const defaults: EngineOptions = {
  databaseUrl: 'sqlite::memory:',
  cacheMaxSessions: 10_000,
  keyPrefix: 'keyv',
  engineTimeout: 2000,
}

/** Opens the engine on an empty store; `close` gives back whatever was opened. */
export async function openBench(
  under: EngineUnderTest,
): Promise<{ bench: Bench; close: () => Promise<void> }> {
  const store = await under.prepare()
  const opened: Engine[] = []
  const nextIds: string[] = []
  const warnings: string[] = []
  const log = (details: object, message: string): void => {
    warnings.push(`${message} ${JSON.stringify(details)}`)
  }
  const open = async (options: Partial<EngineOptions> = {}): Promise<Engine> => {
    const engine = await openEngine(
      under.engine,
      { ...defaults, ...store.options, ...options },
      {
        clock: () => bench.now,
        generateId: () => nextIds.shift() ?? generateId(),
        logger: { warn: log, error: log },
      },
    )
    opened.push(engine)
    return engine
  }
  const { damage, dump } = store
  const bench: { -readonly [Member in keyof Bench]: Bench[Member] } = {
    engine: undefined as never,
    now: START,
    nextIds,
    warnings,
    another: open,
    ...(damage && { damage: (id: string, text: string) => damage(keyOf(id), text) }),
    ...(dump && { dump }),
  }
  bench.engine = await open()
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((engine) => engine.close()))
    await store.discard()
  }
  return { bench, close }
}
