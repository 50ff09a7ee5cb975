import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Envelope, Keys } from './envelope.js'
import { newNonce } from './nonce.js'

/** Format and algorithm; a change of either is another version (S51). */
export const SIGNED_VERSION = 's1'

const PREFIX = `${SIGNED_VERSION}.`
const NONCE_BYTES = 12
const WRITTEN = /^s1\.[\w-]{16}\.[\w-]*\.[\w-]{43}$/

/**
 * Signed and readable:
 *
 *     s1.<nonce>.<text>.<HMAC-SHA-256 of all before the last dot>
 *
 * each part in base64url. Whoever has the value can read the text, and only who has a key can write one.
 */
export function signed(keys: Keys): Envelope {
  return {
    isWritten: (value) => WRITTEN.test(value),

    close(text) {
      const nonce = newNonce(NONCE_BYTES).toString('base64url')
      const covered = `${PREFIX}${nonce}.${Buffer.from(text).toString('base64url')}`
      return `${covered}.${macOf(covered, keys[0])}`
    },

    open(value) {
      const end = value.lastIndexOf('.')
      if (!value.startsWith(PREFIX) || end < PREFIX.length) return undefined
      const covered = value.slice(0, end)
      const mac = value.slice(end + 1)
      const by = keys.findIndex((key) => isSame(mac, macOf(covered, key)))
      if (by === -1) return undefined
      const text = Buffer.from(covered.slice(covered.lastIndexOf('.') + 1), 'base64url').toString()
      return { text, outdated: by > 0 }
    },
  }
}

/** In base64url: 43 characters. */
export function macOf(covered: string, key: Buffer): string {
  return createHmac('sha256', key).update(covered).digest('base64url')
}

/** As texts rather than bytes: the last character of 43 has two bits that decoding would not look at. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
