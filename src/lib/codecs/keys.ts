import {
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/**
 * Keys of 32 bytes. The first closes and signs, all open and verify (S54). Objects of the cryptographic library: from
 * Node 22 on bytes are made into one at each use, which costs four times as much as the MAC itself.
 */
export type Keys = readonly [KeyObject, ...KeyObject[]]

const KEY_BYTES = 32

/**
 * A key for `purpose` from each secret, by HKDF-SHA-256. What was made for one purpose does not verify for another,
 * although the secrets are the same (S52).
 */
export function keysFor(purpose: string, [first, ...rest]: readonly [string, ...string[]]): Keys {
  const derive = (secret: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES)))
  return [derive(first), ...rest.map(derive)]
}

/** HMAC-SHA-256 in base64url: 43 characters. */
export function macOf(text: string, key: KeyObject): string {
  const prepared = preparedKeys.get(key) ?? prepare(key)
  // A text that is longer than any cookie has no room.
  const isStreamed = prepared === 'by the library' || text.length * 3 > ROOM
  return isStreamed ? streamedMac(text, key) : oneShotMac(text, prepared)
}

function streamedMac(text: string, key: KeyObject): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

/** Bytes that SHA-256 takes at a time. */
const BLOCK = 64
/** Bytes of a text that has room behind a block. */
const ROOM = 3 * 4096

/**
 * What HMAC hashes, SHA-256(outer block, SHA-256(inner block, text)) (RFC 2104), with the key's two blocks in place. Node
 * has no one-shot MAC, and `createHmac` makes a stream for each, which takes three times as long as two one-shot hashes.
 */
interface PreparedKey {
  /** The inner block, and room for a text. */
  readonly inner: Buffer
  /** The outer block, and room for a hash. */
  readonly outer: Buffer
}

const preparedKeys = new WeakMap<KeyObject, PreparedKey | 'by the library'>()

function prepare(key: KeyObject): PreparedKey | 'by the library' {
  const own = { inner: blockOf(key, 0x36, ROOM), outer: blockOf(key, 0x5c, KEY_BYTES) }
  // A runtime whose one-shot hash takes something else, or a key that is longer than a block, is noticed here.
  const isSame = oneShotMac('a text', own) === streamedMac('a text', key)
  const prepared = isSame ? own : 'by the library'
  preparedKeys.set(key, prepared)
  return prepared
}

function blockOf(key: KeyObject, pad: number, room: number): Buffer {
  const bytes = Buffer.alloc(BLOCK + room, pad, 'latin1')
  for (const [place, byte] of key.export().entries()) bytes[place] = byte ^ pad
  return bytes
}

function oneShotMac(text: string, { inner, outer }: PreparedKey): string {
  const end = BLOCK + inner.write(text, BLOCK)
  outer.set(hash('sha256', inner.subarray(0, end), 'buffer'), BLOCK)
  return hash('sha256', outer, 'base64url')
}

/**
 * In constant time (S13). Compares the texts, not the bytes that they stand for: decoding would ignore two bits of the
 * last of 43 characters, and so accept four spellings of one MAC.
 */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** What logs and events show of an id: ten characters of `A-Za-z0-9_-`, the same for the same id. */
export type Fingerprint = (id: string) => string

/** 60 bits. Two of a million sessions share a fingerprint once in two million such sites. */
const FINGERPRINT_LENGTH = 10

/**
 * Makes fingerprints that tell nothing about an id to whoever lacks the key (S12). With a `secret` every process that has
 * it makes the same ones, also after a restart; without one each process makes its own.
 */
export function fingerprintWith(secret: string | undefined): Fingerprint {
  let key: KeyObject | undefined
  return (id) => {
    // Derived with the first fingerprint: most processes make none.
    key ??= secret ? keysFor('tessera fingerprint', [secret])[0] : createSecretKey(randomBytes(KEY_BYTES))
    return macOf(id, key).slice(0, FINGERPRINT_LENGTH)
  }
}
