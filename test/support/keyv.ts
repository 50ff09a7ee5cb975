import { createRequire } from 'node:module'
import type { Keyv as Keyv5 } from 'keyv'

/** The module that TEST_KEYV names, of another major version (see `test/keyv6/`); else the one that we depend on. */
const module: { Keyv: typeof Keyv5 } = createRequire(import.meta.url)(process.env.TEST_KEYV ?? 'keyv')

export const { Keyv } = module
export type Keyv = Keyv5

/** Writes a text into the Map beneath a Keyv, past the Keyv. */
export function putInto(map: Map<string, unknown>, key: string, text: string): void {
  // Keyv 6 keeps an object for each text.
  map.set(key, 'throwOnErrors' in Keyv.prototype ? text : { value: text })
}
