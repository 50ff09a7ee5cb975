import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { isSame, type Keys, macOf } from './keys.js'

/** How a text travels as a cookie's value through a browser that is not trusted: `A-Za-z0-9_-` and dots only. */
export interface Envelope {
  /** Whether `value` has the form of this envelope. Looks at its characters only, so it says nothing about who made it. */
  isWritten(value: string): boolean
  /** Makes another value each time, even of the same text. */
  close(text: string): string
  /**
   * The text, if one of the keys closed exactly this value; `undefined` for everything else, whatever is wrong with it.
   * Never throws, and uses nothing of the value before it is verified (S49, S50).
   */
  open(value: string): Opened | undefined
}

export interface Opened {
  readonly text: string
  /** Whether another key than the first closed it. */
  readonly outdated: boolean
}

const SIGNED_PREFIX = 's1.'
const SIGNED_NONCE_BYTES = 12
/** The same in base64url, where it has no spare bits. */
const SIGNED_NONCE_LENGTH = 16
/** How many nonces are drawn at once: a draw from the system takes as long as two MACs. */
const NONCES_PER_DRAW = 64
const SIGNED = /^s1\.[\w-]{16}\.[\w-]*\.[\w-]{43}$/

/**
 * Signed and readable:
 *
 *     s1.<nonce>.<text>.<HMAC-SHA-256 of everything before the last dot>
 *
 * each part in base64url. Whoever has the value can read the text; only who has a key can make one.
 */
export class SignedEnvelope implements Envelope {
  /** Format and algorithm. A change of either is another version (S51). */
  static readonly version = 's1'
  readonly #keys: Keys
  /**
   * Nonces that are not used yet. All that they do is make values differ of which the texts are equal: HMAC needs none, so
   * nothing is lost with one that is used twice or known before its turn. That is what would become of these in a process
   * that was forked, or in those that start from one V8 snapshot. A counter would tell every visitor how much is written.
   */
  #nonces = ''

  constructor(keys: Keys) {
    this.#keys = keys
  }

  isWritten(value: string): boolean {
    return SIGNED.test(value)
  }

  close(text: string): string {
    const covered = `${SIGNED_PREFIX}${this.#nextNonce()}.${Buffer.from(text).toString('base64url')}`
    return `${covered}.${macOf(covered, this.#keys[0])}`
  }

  open(value: string): Opened | undefined {
    const end = value.lastIndexOf('.')
    if (!value.startsWith(SIGNED_PREFIX) || end < SIGNED_PREFIX.length) return undefined
    const covered = value.slice(0, end)
    const mac = value.slice(end + 1)
    const by = this.#keys.findIndex((key) => isSame(mac, macOf(covered, key)))
    if (by === -1) return undefined
    const text = Buffer.from(covered.slice(covered.lastIndexOf('.') + 1), 'base64url').toString()
    return { text, outdated: by > 0 }
  }

  #nextNonce(): string {
    if (this.#nonces === '')
      this.#nonces = randomBytes(NONCES_PER_DRAW * SIGNED_NONCE_BYTES).toString('base64url')
    const nonce = this.#nonces.slice(0, SIGNED_NONCE_LENGTH)
    this.#nonces = this.#nonces.slice(SIGNED_NONCE_LENGTH)
    return nonce
  }
}

// Unlike the nonces above, those that encrypt are drawn from the system one by one: GCM is broken by one that is used twice,
// as a pool of them in a V8 start-up snapshot would be by every process that starts from it.

const SEALED_PREFIX = 'e1.'
const SEALED = /^e1\.[\w-]{54,}$/
/** The last character of base64 whose spare bits are 0, where the text has so many characters beyond a multiple of four. */
const LAST: readonly RegExp[] = [/[\w-]/, /^$/, /[AQgw]/, /[AEIMQUYcgkosw048]/]
const CIPHER = 'aes-256-gcm'
const SALT_BYTES = 12
const IV_BYTES = 12
const NONCE_BYTES = SALT_BYTES + IV_BYTES
const TAG_BYTES = 16

/** How many values are closed with one salt. Two of so many random IVs are equal once in 2^57 salts. */
const VALUES_PER_SALT = 2 ** 20
/** How many salts' keys are cached. Each process that closes values uses one salt at a time. */
const CACHED_SALTS = 256

interface SaltedKey {
  readonly salt: Buffer
  readonly key: KeyObject
}

/**
 * Encrypted and authenticated with AES-256-GCM:
 *
 *     e1.<base64url of salt, IV, ciphertext and tag>
 *
 * The version and, where there is one, the place are authenticated with the text.
 *
 * GCM's IVs have 12 bytes. Random ones under a single key begin to repeat after about 2^32 values, which a busy site
 * reaches in weeks; one repetition reveals the authentication key. So each process derives a key of its own from a
 * random salt, and takes another salt long before that.
 */
export class SealedEnvelope implements Envelope {
  /** Format and algorithm. A change of either is another version (S51). */
  static readonly version = 'e1'
  readonly #keys: Keys
  /** For each key: the derived keys of the salts that were seen last. */
  readonly #cached: readonly LRUCache<string, KeyObject>[]
  #current: SaltedKey | undefined
  #closed = 0
  /** The value that was last found written as it should be: mostly it is opened next. */
  #written: string | undefined

  constructor(keys: Keys) {
    this.#keys = keys
    this.#cached = keys.map(() => new LRUCache<string, KeyObject>({ max: CACHED_SALTS }))
  }

  isWritten(value: string): boolean {
    if (value === this.#written) return true
    if (!SEALED.test(value)) return false
    this.#written = value
    return true
  }

  /** `place`: where the value will be stored. It can be opened for the same place only. */
  close(text: string, place?: string): string {
    const { salt, key } = this.#keyToCloseWith()
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
    cipher.setAAD(associatedData(place))
    const parts = [salt, iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
    return SEALED_PREFIX + Buffer.concat(parts).toString('base64url')
  }

  open(value: string, place?: string): Opened | undefined {
    const bytes = bytesOf(value, value === this.#written)
    if (bytes === undefined) return undefined
    const salt = bytes.toString('base64url', 0, SALT_BYTES)
    for (const [index, key] of this.#keys.entries()) {
      const cache = this.#cached[index]
      const cached = cache?.get(salt)
      const salted = cached ?? saltedKey(key, bytes.subarray(0, SALT_BYTES))
      const text = decrypt(bytes, salted, associatedData(place))
      if (text === undefined) continue
      // Only now: invented salts must not push the real ones out of the cache.
      if (cached === undefined) cache?.set(salt, salted)
      return { text, outdated: index > 0 }
    }
    return undefined
  }

  #keyToCloseWith(): SaltedKey {
    if (this.#current === undefined || this.#closed === VALUES_PER_SALT) {
      const salt = randomBytes(SALT_BYTES)
      this.#current = { salt, key: saltedKey(this.#keys[0], salt) }
      this.#closed = 0
    }
    this.#closed += 1
    return this.#current
  }
}

/**
 * `undefined` for what `close` never makes. `isWritten`: its characters are known to be right, which saves encoding the
 * bytes again to find out.
 */
function bytesOf(value: string, isWritten: boolean): Buffer | undefined {
  if (!value.startsWith(SEALED_PREFIX)) return undefined
  const written = value.slice(SEALED_PREFIX.length)
  const bytes = Buffer.from(written, 'base64url')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
  // The decoder skips foreign characters and ignores the spare bits of the last one, which the tag does not cover.
  const isExact = isWritten
    ? LAST[written.length % 4]?.test(written.slice(-1))
    : bytes.toString('base64url') === written
  return isExact ? bytes : undefined
}

const VERSION_ALONE = Buffer.from(SealedEnvelope.version)

function associatedData(place: string | undefined): Buffer {
  return place === undefined ? VERSION_ALONE : Buffer.from(`${SEALED_PREFIX}${place}`)
}

function decrypt(bytes: Buffer, key: KeyObject, associated: Buffer): string | undefined {
  const iv = bytes.subarray(SALT_BYTES, NONCE_BYTES)
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(associated)
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
  try {
    return Buffer.concat([text, decipher.final()]).toString()
  } catch {
    // `final` throws if the tag does not match. Nobody has read what `update` returned (S49).
    return undefined
  }
}

function saltedKey(key: KeyObject, salt: Buffer): KeyObject {
  return createSecretKey(createHmac('sha256', key).update(salt).digest())
}
