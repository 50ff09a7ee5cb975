import type { Engine, EngineTools } from './engine.js'
import { EngineMisconfigured } from './errors.js'
import type { SessionStore } from './session-store.js'

const METHODS = ['load', 'create', 'update', 'touch', 'rotate', 'delete', 'clearExpired', 'close'] as const
const CAPABILITIES = ['revocable', 'shared'] as const

/**
 * The engine that `given` is, or makes of the tools. `source`: who gave it, for the message.
 *
 * @throws EngineMisconfigured if it is no engine; the message says what it lacks.
 */
export async function engineFrom(given: unknown, tools: EngineTools, source: string): Promise<Engine> {
  const isMade = typeof given !== 'function'
  const engine: unknown = isMade ? given : await given(tools)
  try {
    assertEngine(engine, source)
    return engine
  } catch (error) {
    return closeAfter(error, isMade ? undefined : engine)
  }
}

/** What was opened is closed if anything fails after it. Throws `error`, also where the closing fails too. */
export async function closeAfter(error: unknown, opened: unknown): Promise<never> {
  try {
    await (opened as Partial<Engine> | undefined)?.close?.()
  } catch {
    // The first error says what is wrong.
  }
  throw error
}

const STORE_METHODS = [
  'read',
  'insert',
  'replace',
  'extend',
  'move',
  'remove',
  'removeExpired',
  'close',
] as const satisfies readonly (keyof SessionStore)[]

/** Whether it looks like a store rather than an engine; it may still lack methods. */
export function isSessionStore(value: unknown): value is SessionStore {
  const { read, insert } = Object(value) as { readonly read?: unknown; readonly insert?: unknown }
  return typeof read === 'function' && typeof insert === 'function'
}

/** @throws EngineMisconfigured if these are no options of `storeEngine`; the message says what they lack. */
export function assertStoreOptions(options: unknown): void {
  const { name, store } = Object(options) as { readonly name?: unknown; readonly store?: unknown }
  const wanted = 'storeEngine takes { name, store }'
  if (typeof name !== 'string' || name === '')
    throw new EngineMisconfigured(
      `${wanted}, where the name is a text for messages and events, not ${shown(name)}`,
    )
  if (typeof store !== 'object' || store === null)
    throw new EngineMisconfigured(
      `${wanted}, where the store is an object with ${listed(STORE_METHODS)}, not ${shown(store)}`,
    )
  const missing = STORE_METHODS.filter((method) => typeof Reflect.get(store, method) !== 'function')
  if (missing.length > 0)
    throw new EngineMisconfigured(`the store of ${name} is no SessionStore; it lacks ${listed(missing)}`)
}

function listed(methods: readonly string[]): string {
  return methods.map((method) => `${method}()`).join(', ')
}

function shown(value: unknown): string {
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value))
}

function assertEngine(value: unknown, source: string): asserts value is Engine {
  const missing = missingFrom(value)
  if (missing.length > 0)
    throw new EngineMisconfigured(`${source} is no engine; it lacks ${missing.join(', ')}`)
}

function missingFrom(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return ['everything: it is no object']
  if (isSessionStore(value)) return ['ids and users: it is a store. Hand it to storeEngine({ name, store })']
  const capabilities: unknown = Reflect.get(value, 'capabilities')
  const declared = (name: string): boolean =>
    typeof capabilities === 'object' &&
    capabilities !== null &&
    typeof Reflect.get(capabilities, name) === 'boolean'
  return [
    ...METHODS.filter((name) => typeof Reflect.get(value, name) !== 'function').map((name) => `${name}()`),
    ...(typeof Reflect.get(value, 'name') === 'string' ? [] : ['name']),
    ...CAPABILITIES.filter((name) => !declared(name)).map((name) => `capabilities.${name}`),
  ]
}
