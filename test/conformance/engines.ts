import type { Engine } from '../../src/engines/contract.js'
import { generateId, keyOf } from '../../src/engines/ids.js'
import type { EngineTools } from '../../src/engines/keyed-engine.js'
import { type EngineOptions, openEngine } from '../../src/engines/registry.js'
import type { Bench } from './case.js'
import { file } from './stores/file.js'
import { keyvFile, keyvMap } from './stores/keyv.js'
import { mariadb } from './stores/mariadb.js'
import { memory } from './stores/memory.js'
import { postgres } from './stores/postgres.js'
import { redis } from './stores/redis.js'
import { sealedCookies, signedCookies } from './stores/signed-cookies.js'
import { cachedSqlite, sqlite } from './stores/sqlite.js'
import type { EngineUnderTest, Store } from './stores/store.js'

/** 2026-01-01, some milliseconds after a full second, so that nothing that truncates goes unnoticed. */
const START = Date.UTC(2026, 0, 1) + 123

/** Every engine; the next one adds a line here, and its store in `stores/`. */
export const enginesUnderTest: readonly EngineUnderTest[] = [
  memory,
  keyvMap,
  keyvFile,
  sqlite,
  postgres,
  mariadb,
  cachedSqlite,
  file,
  redis,
  signedCookies,
  sealedCookies,
]

/** Those that promise what only a store can: what is ended is gone, and of two writers one is told to try again. */
export const serverSideEngines = enginesUnderTest.filter(({ inCookie = false }) => !inCookie)

const defaults: EngineOptions = {
  databaseUrl: 'sqlite::memory:',
  redisUrl: 'redis://127.0.0.1:1',
  filePath: 'nowhere',
  cacheMaxSessions: 10_000,
  cacheTtl: 5,
  keyPrefix: 'keyv',
  engineTimeout: 2000,
  cookieName: 'sessionid',
  cookieCodec: 'sealed',
  secretKey: 'a secret of the tests, and of nobody else',
  secretKeyFallbacks: [],
}

async function openOn(
  { title, engine }: EngineUnderTest,
  { factory }: Store,
  options: EngineOptions,
  tools: EngineTools,
): Promise<Engine> {
  if (factory !== undefined) return factory(tools)
  if (engine !== undefined) return openEngine(engine, options, tools)
  throw new TypeError(`nothing says how to open ${title}`)
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
    const tools: EngineTools = {
      clock: () => bench.now,
      generateId: () => nextIds.shift() ?? generateId(),
      logger: { warn: log, error: log },
    }
    const engine = await openOn(under, store, { ...defaults, ...store.options, ...options }, tools)
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
    unknownId: under.unknownId ?? 'u'.repeat(32),
    ...(damage && { damage: (id: string, text: string) => damage(keyOf(id), text) }),
    ...(dump && { dump }),
  }
  bench.engine = await open()
  if (bench.engine.capabilities.revocable === (under.inCookie ?? false))
    throw new TypeError(`${under.title}: \`inCookie\` is not what the engine's capabilities say`)
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((engine) => engine.close()))
    await store.discard()
  }
  return { bench, close }
}
