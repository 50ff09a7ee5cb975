import { deflateSync, inflateSync } from 'node:zlib'
import { isSame, type Keys, macOf } from '../keys.js'
import { saltedKeys } from './salted-keys.js'

/** What Django signs a text for; a text that was signed for another purpose does not verify. */
export const SESSION_SALT = 'django.contrib.sessions.SessionStore'
export const COOKIE_SALT = 'django.contrib.sessions.backends.signed_cookies'

/** The longest text that a compressed payload may hold, in bytes: a small text can hold gigabytes of blanks. */
const LONGEST_TEXT = 16 * 1024 * 1024

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SIGNED = /^(\.?[\w-]+):([\dA-Za-z]{1,8}):([\w-]{43})$/

/** What was signed, and when. */
export interface Signed {
  /** JSON, as Django wrote it. */
  readonly text: string
  /** Whole seconds since 1970. */
  readonly signedAt: number
}

/** Signs and verifies as `django.core.signing.dumps` and `loads` do: `payload:timestamp:signature`. */
export class DjangoSigner {
  readonly #keys: Keys

  /** `secrets`: Django's `SECRET_KEY`, which signs, then its `SECRET_KEY_FALLBACKS`, which only verify. */
  constructor(salt: string, secrets: readonly [string, ...string[]]) {
    this.#keys = saltedKeys(`${salt}signer`, secrets)
  }

  /** `json` in ASCII; `now` in milliseconds since 1970. */
  sign(json: string, now: number): string {
    const signed = `${payloadOf(json)}:${base62(Math.floor(now / 1000))}`
    return `${signed}:${macOf(signed, this.#keys[0])}`
  }

  /** `undefined` for every text that none of the keys has signed. */
  verify(signed: string): Signed | undefined {
    const [, payload = '', time = '', signature = ''] = SIGNED.exec(signed) ?? []
    const value = `${payload}:${time}`
    if (payload === '' || !this.#keys.some((key) => isSame(signature, macOf(value, key)))) return undefined
    const text = textIn(payload)
    return text === undefined ? undefined : { text, signedAt: fromBase62(time) }
  }
}

/** Compressed, marked with a dot, where that is shorter. */
function payloadOf(json: string): string {
  const plain = Buffer.from(json, 'latin1')
  const compressed = deflateSync(plain)
  if (compressed.length < plain.length - 1) return `.${compressed.toString('base64url')}`
  return plain.toString('base64url')
}

/** Django reads the bytes as latin-1; it has escaped everything else. */
function textIn(payload: string): string | undefined {
  const isCompressed = payload.startsWith('.')
  const bytes = Buffer.from(isCompressed ? payload.slice(1) : payload, 'base64url')
  if (!isCompressed) return bytes.toString('latin1')
  try {
    return inflateSync(bytes, { maxOutputLength: LONGEST_TEXT }).toString('latin1')
  } catch {
    return undefined
  }
}

function base62(number: number): string {
  let text = ''
  for (let rest = number; rest > 0; rest = Math.floor(rest / DIGITS.length))
    text = DIGITS.charAt(rest % DIGITS.length) + text
  return text === '' ? '0' : text
}

function fromBase62(text: string): number {
  let number = 0
  for (const digit of text) number = number * DIGITS.length + DIGITS.indexOf(digit)
  return number
}
