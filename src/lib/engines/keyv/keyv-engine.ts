import type { Keyv } from 'keyv'
import type { EngineFactory } from '../engine.js'
import { StoreEngine } from '../store-engine.js'
import { KeyvStore } from './keyv-store.js'

export interface KeyvEngineOptions {
  /** How long one step may take, in milliseconds. Default: 2000. */
  readonly engineTimeout?: number
}

/**
 * An engine on any Keyv store, for stores that Tessera has none of its own for:
 *
 *     await openSessions({ engine: keyvEngine(new Keyv(new KeyvFile({ filename: 'sessions.json' }))) })
 *
 * Updates are atomic within this process only, since Keyv has no conditional write. The store must report its own
 * failures: adapters that swallow them, as @keyv/redis does unless it is told `throwOnErrors`, make an outage look
 * like a log-out.
 */
export function keyvEngine(keyv: Keyv, { engineTimeout = 2000 }: KeyvEngineOptions = {}): EngineFactory {
  keyv.throwOnErrors = true
  keyv.namespace ??= 'keyv'
  return (tools) => {
    keyv.on('error', (err: unknown) => tools.logger.error({ err }, 'the Keyv store reports an error'))
    return new StoreEngine({
      ...tools,
      name: 'keyv',
      store: new KeyvStore({ keyv, timeLimit: engineTimeout, clock: tools.clock }),
      keyPrefix: keyv.namespace ?? 'keyv',
      timeLimit: engineTimeout,
    })
  }
}
