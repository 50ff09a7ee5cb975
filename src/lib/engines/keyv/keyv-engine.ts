import type { EngineFactory } from '../engine.js'
import { StoreEngine } from '../store-engine.js'
import { type AnyKeyv, KeyvStore } from './keyv-store.js'

/** What `keyvEngine` takes besides the Keyv. */
export interface KeyvEngineOptions {
  /** How long one step may take, in milliseconds. Default: 2000. */
  readonly engineTimeout?: number
}

/** What our keys begin with if the Keyv has no namespace. */
const DEFAULT_PREFIX = 'keyv'

/**
 * An engine on any Keyv store, for stores that Tessera has none of its own for. Keyv 5 or 6:
 *
 *     await openSessions({ engine: keyvEngine(new Keyv(new KeyvFile({ filename: 'sessions.json' }))) })
 *
 * Updates are atomic within this process only, since Keyv has no conditional write. The application may go on using the
 * Keyv for data of its own. An adapter that neither throws nor emits its errors makes an outage look like a log-out.
 */
export function keyvEngine(keyv: AnyKeyv, { engineTimeout = 2000 }: KeyvEngineOptions = {}): EngineFactory {
  // A Map has some of these, too, and is what a Keyv is made of.
  if (!(['get', 'set', 'delete', 'on'] as const).every((method) => typeof keyv?.[method] === 'function'))
    throw new TypeError('keyvEngine takes a Keyv: keyvEngine(new Keyv(store))')
  const keyPrefix = keyv.namespace ?? DEFAULT_PREFIX
  return (tools) => {
    // Without a listener an 'error' could end the process.
    keyv.on('error', (err: unknown) => tools.logger.error({ err }, 'the Keyv store reports an error'))
    return new StoreEngine({
      ...tools,
      name: 'keyv',
      store: new KeyvStore({ keyv, keyPrefix, timeLimit: engineTimeout, clock: tools.clock }),
      keyPrefix,
      timeLimit: engineTimeout,
    })
  }
}
