import { type Bench, type EmptyStore, openBench as openBenchOn } from '../../src/lib/conformance/index.js'
import type { Engine, EngineTools } from '../../src/lib/engines/engine.js'
import { keyOf as hashOf } from '../../src/lib/engines/ids.js'
import { type EngineOptions, openEngine } from '../../src/lib/engines/registry.js'
import { djangoFiles, djangoMariadb, djangoPostgres, djangoSqlite } from './stores/django.js'
import { file } from './stores/file.js'
import { keyvFile, keyvMap } from './stores/keyv.js'
import { mariadb } from './stores/mariadb.js'
import { memory } from './stores/memory.js'
import { comparingTexts, counting } from './stores/of-others.js'
import { postgres } from './stores/postgres.js'
import { redis } from './stores/redis.js'
import { redisCluster } from './stores/redis-cluster.js'
import { sealedAtRest } from './stores/sealed-at-rest.js'
import { revocableBy, sealedCookies, signedCookies } from './stores/signed-cookies.js'
import { cachedSqlite, sqlite } from './stores/sqlite.js'
import type { EngineUnderTest } from './stores/store.js'

/** Every engine; the next one adds a line here, and its store in `stores/`. */
const everyEngine: readonly EngineUnderTest[] = [
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

/**
 * Those that `TEST_ENGINES` names by their heads, as in `TEST_ENGINES=cache,redis`; without it all. It may name the stores
 * of others, too.
 */
export const enginesUnderTest =
  process.env.TEST_ENGINES === undefined ? everyEngine : chosenOf([...everyEngine, counting, comparingTexts])

function chosenOf(engines: readonly EngineUnderTest[]): readonly EngineUnderTest[] {
  const heads = process.env.TEST_ENGINES?.split(',')
  return heads === undefined ? engines : engines.filter(({ head }) => heads.includes(head))
}

/** With those of which the engine's own promises are enough: three servers more for each file would be many. */
export const allEngines: readonly EngineUnderTest[] = enginesUnderTest.flatMap((under) =>
  under === redis ? [redis, redisCluster] : [under],
)

/** The db engine on Django's own table. What it promises less than the others stands in the capabilities: tombstones, hashed ids. */
export const djangoEngines = chosenOf([djangoSqlite, djangoPostgres, djangoMariadb])

/** Wherever Django keeps sessions on the server. */
export const djangoStores = [...djangoEngines, ...chosenOf([djangoFiles])]

/**
 * The same engines with `CODEC=sealed`, one for each kind of condition on the texts: how records are sealed is the same
 * on all of them.
 */
export const sealedEngines = chosenOf([memory, keyvMap, sqlite, file, redis]).map(sealedAtRest)

/** Stores as somebody else would write them, plain and sealed: what `storeEngine` promises on each. */
export const storesOfOthers = chosenOf([counting, comparingTexts]).flatMap((under) => [
  under,
  sealedAtRest(under),
])

/** Sessions in cookies, one for each store that can remember revocations. */
export const revocableCookies = chosenOf([memory, sqlite, redis, file]).map(revocableBy)

/** Those promise what only a store can: what is ended is gone, and of two writers one is told to try again. */
export const serverSide = ({ inCookie = false }: EngineUnderTest): boolean => !inCookie

export const serverSideEngines = enginesUnderTest.filter(serverSide)
export const cookieEngines = enginesUnderTest.filter(({ inCookie = false }) => inCookie)

/** The engine for tests that need a store and do not care which: SQLite, the default, unless `TEST_ENGINES` leaves it out. */
export const oneStore = [serverSideEngines.find((under) => under === sqlite) ?? serverSideEngines[0]].filter(
  (under) => under !== undefined,
)
/** And for those that need a session in its cookie. */
export const oneCookie = cookieEngines.filter((under) => under === sealedCookies)

/** One of each kind: in memory, in a database, on a server, in the cookie. */
export const oneOfEachKind = chosenOf([memory, sqlite, redis, signedCookies])

/** Those that several processes may use at once, each of which opens the engine by its name. */
export const sharedEngines = allEngines.filter(
  ({ engine, oneProcess = false }) => engine !== undefined && !oneProcess,
)

export const defaults: EngineOptions = {
  databaseUrl: 'sqlite::memory:',
  databaseTable: 'tessera_sessions',
  redisUrl: 'redis://127.0.0.1:1',
  filePath: 'nowhere',
  cacheMaxSessions: 10_000,
  cacheTtl: 5,
  keyPrefix: 'keyv',
  // What is late is for other tests; here a busy machine must not look like a store that is down.
  engineTimeout: 20_000,
  cookieName: 'sessionid',
  cookieCodec: 'sealed',
  codec: 'json',
  secretKey: 'a secret of the tests, and of nobody else',
  secretKeyFallbacks: [],
  revocationStore: 'none',
}

/** The store of one of our engines. */
interface OwnStore extends EmptyStore<Partial<EngineOptions>> {
  open(tools: EngineTools, options?: Partial<EngineOptions>): Promise<Engine>
}

/** An empty store, and the engine that is to stand on it; `open` opens it. */
export async function emptyStoreOf(
  {
    title,
    engine,
    inCookie = false,
    oneProcess = false,
    unknownId,
    keyOf = hashOf,
    prepare,
  }: EngineUnderTest,
  open: typeof openEngine = openEngine,
): Promise<OwnStore> {
  const { factory, options, damage, dump, discard } = await prepare()
  const choice = factory ?? engine
  // An engine without an index, as one of two processes, knows no keys: there it is the id.
  const bare = (key: string): string => (key.includes(':') ? key.slice(key.lastIndexOf(':') + 1) : keyOf(key))
  if (choice === undefined) throw new TypeError(`nothing says how to open ${title}`)
  return {
    async open(tools, more) {
      const opened = await open(choice, { ...defaults, ...options, ...more }, tools)
      const { revocable, shared } = opened.capabilities
      if (revocable === inCookie || shared === oneProcess)
        throw new TypeError(`${title}: its capabilities are not what \`inCookie\` and \`oneProcess\` say`)
      return opened
    },
    ...(unknownId !== undefined && { unknownId }),
    ...(damage && { damage: (key: string, text: string) => damage(bare(key), text) }),
    ...(dump && { dump }),
    discard,
  }
}

/** Opens the engine on an empty store; `close` gives back whatever was opened. */
export async function openBench(
  under: EngineUnderTest,
): Promise<{ bench: Bench; close: () => Promise<void> }> {
  const bench = await openBenchOn(await emptyStoreOf(under))
  return { bench, close: () => bench.close() }
}
