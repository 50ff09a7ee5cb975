import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { Envelope, Keys, Opened } from './envelope.js'
import { newNonce } from './nonce.js'

/** Format and algorithm; a change of either is another version (S51). */
export const SEALED_VERSION = 'e1'

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 24
const TAG_BYTES = 16
const PREFIX = `${SEALED_VERSION}.`
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
  return {
    isWritten: (value) => WRITTEN.test(value),

    close(text, place) {
      const nonce = newNonce(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, ...keyAndIv(keys[0], nonce), { authTagLength: TAG_BYTES })
      cipher.setAAD(associated(place))
      const parts = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return PREFIX + Buffer.concat(parts).toString('base64url')
    },

    open(value, place) {
      if (!WRITTEN.test(value)) return undefined
      const written = value.slice(PREFIX.length)
      const bytes = Buffer.from(written, 'base64url')
      // The last character may have bits that decoding does not look at, and the tag does not cover.
      if (bytes.toString('base64url') !== written) return undefined
      for (const key of keys) {
        const text = decrypt(bytes, key, associated(place))
        if (text !== undefined) return { text, outdated: key !== keys[0] }
      }
      return undefined
    },
  }
}

function associated(place: string | undefined): Buffer {
  return Buffer.from(place === undefined ? SEALED_VERSION : `${PREFIX}${place}`)
}

function decrypt(bytes: Buffer, key: Buffer, about: Buffer): string | undefined {
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv(CIPHER, ...keyAndIv(key, nonce), { authTagLength: TAG_BYTES })
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
 * Each value has a key of its own, made from half of its nonce. Under one key for all, the 12 random bytes that GCM
 * takes would begin to repeat after some 2^32 values, which a busy site reaches in weeks, and one repetition gives the
 * authentication key away.
 */
function keyAndIv(key: Buffer, nonce: Buffer): [key: Buffer, iv: Buffer] {
  return [createHmac('sha256', key).update(nonce.subarray(0, 12)).digest(), nonce.subarray(12)]
}
