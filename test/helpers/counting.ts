import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { promiseHooks } from 'node:v8'

/**
 * The functions of node:crypto that compute a hash, a MAC or a cipher, in the order of their calls. They go on doing
 * what they do; for the rest of this process everybody's calls are noted.
 */
export function noteCrypto(): string[] {
  const calls: string[] = []
  for (const name of ['hash', 'createHash', 'createHmac', 'createCipheriv', 'createDecipheriv'] as const) {
    const original = crypto[name] as (...args: unknown[]) => unknown
    Object.assign(crypto, {
      [name]: (...args: unknown[]): unknown => {
        calls.push(name)
        return original(...args)
      },
    })
  }
  syncBuiltinESMExports()
  return calls
}

/** How many promises are made while `work` is done, its own included. */
export async function promisesOf(work: () => Promise<unknown>): Promise<number> {
  let made = 0
  const stop = promiseHooks.onInit(() => {
    made++
  })
  try {
    await work()
  } finally {
    stop()
  }
  return made
}
