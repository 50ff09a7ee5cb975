import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Envelope, Keys, Opened } from './envelope.js'
import { newNonce } from './nonce.js'

/** Format and algorithm; a change of either is another version (S51). */
export const SEALED_VERSION = 'e1'

const CIPHER = 'aes-256-gcm'
const SALT_BYTES = 12
const IV_BYTES = 12
const NONCE_BYTES = SALT_BYTES + IV_BYTES
const TAG_BYTES = 16
const PREFIX = `${SEALED_VERSION}.`
const NO_PLACE = Buffer.from(SEALED_VERSION)

/** How many values are closed with one salt. Of so many random IVs two are the same once in 2^57 salts. */
const VALUES_PER_SALT = 2 ** 20
/** How many salts' keys are remembered: each process that closes has one at a time. */
const REMEMBERED = 256
const WRITTEN = /^e1\.[\w-]{54,}$/

/** An envelope that can be bound to a place: what was closed for one cannot be opened at another. */
export interface SealedEnvelope extends Envelope {
  close(text: string, place?: string): string
  open(value: string, place?: string): Opened | undefined
}

/**
 * Encrypted and authenticated with AES-256-GCM:
 *
 *     e1.<base64url of nonce, ciphertext and tag>
 *
 * The version is authenticated along with the text, and so is the place.
 */
export function sealed(keys: Keys): SealedEnvelope {
  const saltToCloseWith = salts(keys[0])
  const remembered = keys.map(() => new LRUCache<string, KeyObject>({ max: REMEMBERED }))
  return {
    isWritten: (value) => WRITTEN.test(value),

    close(text, place) {
      const { salt, key } = saltToCloseWith()
      const iv = newNonce(IV_BYTES)
      const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(associated(place))
      const parts = [salt, iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return PREFIX + Buffer.concat(parts).toString('base64url')
    },

    open(value, place) {
      if (!value.startsWith(PREFIX)) return undefined
      const written = value.slice(PREFIX.length)
      const bytes = Buffer.from(written, 'base64url')
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
      // Decoding passes over what is no base64url, and over bits of the last character, which the tag does not cover.
      if (bytes.toString('base64url') !== written) return undefined
      const salt = bytes.toString('base64url', 0, SALT_BYTES)
      for (const [index, key] of keys.entries()) {
        const known = remembered[index]?.get(salt)
        const salted = known ?? saltedKey(key, bytes.subarray(0, SALT_BYTES))
        const text = decrypt(bytes, salted, associated(place))
        if (text === undefined) continue
        // Not before: with salts that somebody makes up all others could be driven out.
        if (known === undefined) remembered[index]?.set(salt, salted)
        return { text, outdated: index > 0 }
      }
      return undefined
    },
  }
}

function associated(place: string | undefined): Buffer {
  return place === undefined ? NO_PLACE : Buffer.from(`${PREFIX}${place}`)
}

function decrypt(bytes: Buffer, key: KeyObject, about: Buffer): string | undefined {
  const iv = bytes.subarray(SALT_BYTES, NONCE_BYTES)
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(about)
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
  try {
    return Buffer.concat([text, decipher.final()]).toString()
  } catch {
    // `final` throws if the tag does not fit; what `update` made of it goes unread (S49).
    return undefined
  }
}

/**
 * GCM takes 12 random bytes, which under one key for all would begin to repeat after some 2^32 values; a busy site
 * reaches that in weeks, and one repetition gives the authentication key away. So each process closes with a key of its
 * own, made from a random salt that is the first half of the nonce, and takes another one long before.
 */
function salts(key: Buffer): () => { readonly salt: Buffer; readonly key: KeyObject } {
  const next = () => {
    const salt = randomBytes(SALT_BYTES)
    return { salt, key: saltedKey(key, salt) }
  }
  let current = next()
  let left = VALUES_PER_SALT
  return () => {
    if (left-- === 0) {
      current = next()
      left = VALUES_PER_SALT - 1
    }
    return current
  }
}

function saltedKey(key: Buffer, salt: Buffer): KeyObject {
  return createSecretKey(createHmac('sha256', key).update(salt).digest())
}
