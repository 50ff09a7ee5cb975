import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CacheOptions } from './cache.js'
import type { CachedDbOptions } from './db/cached-db.js'
import type { DbOptions } from './db/db.js'
import type { DjangoOptions } from './django/open-django.js'
import type { Engine, EngineFactory, EngineTools } from './engine.js'
import { EngineMisconfigured } from './errors.js'
import type { FileOptions } from './file/file.js'
import { closeAfter, engineFrom } from './given-engine.js'
import { type EngineName, isModulePath, type ModulePath, type RevocationStore } from './names.js'
import { type RecordCodecOptions, recordCodec } from './record-codec.js'
import type { RedisOptions } from './redis/redis.js'
import type { SignedCookiesOptions } from './signed-cookies.js'

/** What the engines need to know; each takes its own part. */
export type EngineOptions = CacheOptions &
  CachedDbOptions &
  DbOptions &
  DjangoOptions &
  FileOptions &
  RedisOptions &
  SignedCookiesOptions &
  RecordCodecOptions & {
    /** The engine that remembers which users of `signed_cookies` were revoked (S33). */
    readonly revocationStore: RevocationStore
  }

type Open = (options: EngineOptions, tools: EngineTools) => Promise<Engine>

/** Each engine's module, and with it its Keyv adapter, is loaded only when it is the one chosen. */
const engines: Record<EngineName, Open> = {
  cache: async (options, tools) => (await import('./cache.js')).openCache(options, tools),
  db: async (options, tools) =>
    options.codec === 'django'
      ? (await import('./django/open-django.js')).openDjangoDb(options, tools)
      : (await import('./db/db.js')).openDb(options, tools),
  cached_db: async (options, tools) => (await import('./db/cached-db.js')).openCachedDb(options, tools),
  redis: async (options, tools) => (await import('./redis/redis.js')).openRedis(options, tools),
  file: async (options, tools) =>
    options.codec === 'django'
      ? (await import('./django/open-django.js')).openDjangoFile(options, tools)
      : (await import('./file/file.js')).openFile(options, tools),
  signed_cookies: async (options, tools) => {
    if (options.cookieCodec === 'django')
      return (await import('./django/open-django.js')).openDjangoCookies(options, tools)
    const { openSignedCookies } = await import('./signed-cookies.js')
    const { revocationStore: name } = options
    const store = name === 'none' ? undefined : await engines[name](options, tools)
    try {
      return await openSignedCookies(options, tools, store)
    } catch (error) {
      return closeAfter(error, store)
    }
  },
}

/** Which engine: by name, by the path of a module that exports one, or itself, made already or to be made. */
export type EngineChoice = EngineName | ModulePath | Engine | EngineFactory

/**
 * Opens the engine, with the codec that the options name among its tools unless there is one already.
 *
 * @throws EngineUnavailable if its store cannot be used.
 * @throws EngineMisconfigured if the package of its adapter is not installed, or somebody else's engine does not keep
 * to the contract, or there is no key to seal with; the message says what is missing.
 */
export async function openEngine(
  choice: EngineChoice,
  options: EngineOptions,
  given: EngineTools,
): Promise<Engine> {
  const tools = { ...given, codec: given.codec ?? recordCodec(options, given.clock) }
  if (typeof choice !== 'string') return checked(choice, 'the engine that was handed in', options, tools)
  if (isModulePath(choice))
    return checked(await exportedBy(choice), `SESSION_ENGINE=${choice}`, options, tools)
  try {
    return await engines[choice](options, tools)
  } catch (error) {
    const missing = missingPackage(error)
    if (missing === undefined) throw error
    const message = `SESSION_ENGINE=${choice} needs the package ${missing}: npm install ${missing}`
    throw new EngineMisconfigured(message, { cause: error })
  }
}

/**
 * What the module at `path`, relative to the working directory, exports as its engine: the default export, or one that
 * is called `engine`.
 */
async function exportedBy(path: ModulePath): Promise<unknown> {
  const url = path.startsWith('file:') ? path : pathToFileURL(resolve(path)).href
  try {
    const module: Readonly<Record<string, unknown>> = await import(url)
    return module.default ?? module.engine
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new EngineMisconfigured(`SESSION_ENGINE=${path} cannot be loaded: ${why}`, { cause })
  }
}

/** Somebody else's engine. One that is ready has not been told how to write records. */
async function checked(
  given: unknown,
  source: string,
  { codec }: EngineOptions,
  tools: Required<EngineTools>,
): Promise<Engine> {
  const engine = await engineFrom(given, tools, source)
  if (engine === given && codec !== 'json') tools.logger.warn({ engine: engine.name }, UNSEALED)
  return engine
}

const UNSEALED =
  'CODEC=sealed does not reach an engine that was made already: hand in a function, and use the codec among its tools'

function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  // Bundled as CommonJS, the adapter is asked for by `require`, which has another code and other words.
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') return undefined
  return /^Cannot find (?:package|module) '((?:@[\w.-]+\/)?[\w.-]+)'/.exec(error.message)?.[1]
}
