import type { CacheOptions } from './cache.js'
import type { Engine } from './contract.js'
import type { DbOptions } from './db.js'
import { EngineUnavailable } from './errors.js'
import type { EngineTools } from './keyed-engine.js'
import type { EngineName } from './names.js'

/** What the engines need to know; each takes its own part. */
export type EngineOptions = CacheOptions & DbOptions

type Open = (options: EngineOptions, tools: EngineTools) => Promise<Engine>

/** Each engine's module, and with it its Keyv adapter, is loaded only when it is the one chosen. */
const engines: Record<EngineName, Open> = {
  cache: async (options, tools) => (await import('./cache.js')).openCache(options, tools),
  db: async (options, tools) => (await import('./db.js')).openDb(options, tools),
}

/**
 * Opens the engine called `name`.
 *
 * @throws EngineUnavailable if its store cannot be used, or the package of its adapter is not installed.
 */
export async function openEngine(
  name: EngineName,
  options: EngineOptions,
  tools: EngineTools,
): Promise<Engine> {
  try {
    return await engines[name](options, tools)
  } catch (error) {
    const missing = missingPackage(error)
    if (missing === undefined) throw error
    throw new EngineUnavailable(
      `SESSION_ENGINE=${name} needs the package ${missing}: npm install ${missing}`,
      {
        cause: error,
      },
    )
  }
}

function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND')
    return undefined
  return /Cannot find package '([^']+)'/.exec(error.message)?.[1]
}
