import type { Engine } from './engine.js'
import type { EngineTools } from './store-engine.js'

/** Makes an engine with what it must not take for itself: the time, the ids, and where to log. */
export type EngineFactory = (tools: EngineTools) => Engine | Promise<Engine>

const METHODS = ['load', 'create', 'update', 'touch', 'rotate', 'delete', 'clearExpired', 'close'] as const
const CAPABILITIES = ['revocable', 'shared', 'enumerable'] as const

/** What `value` lacks to be an engine; nothing if it is one. */
export function missingFrom(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return ['everything: it is no object']
  const has = (object: object, name: string): unknown => Reflect.get(object, name)
  const missing: string[] = METHODS.filter((name) => typeof has(value, name) !== 'function').map(
    (name) => `${name}()`,
  )
  if (typeof has(value, 'name') !== 'string') missing.push('name')
  const capabilities = has(value, 'capabilities')
  for (const name of CAPABILITIES) {
    const declared =
      typeof capabilities === 'object' &&
      capabilities !== null &&
      typeof has(capabilities, name) === 'boolean'
    if (!declared) missing.push(`capabilities.${name}`)
  }
  return missing
}

export function isEngine(value: unknown): value is Engine {
  return missingFrom(value).length === 0
}
