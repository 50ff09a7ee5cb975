import type { EngineFactory, Settings } from '../../lib/index.js'
import { openEngine } from '../../lib/internal.js'
import { observe } from './recording.js'

/** The engine that the settings name, observed. */
export function openObserved(settings: Settings): EngineFactory {
  return async (tools) => observe(await openEngine(settings.engine, settings, tools))
}
