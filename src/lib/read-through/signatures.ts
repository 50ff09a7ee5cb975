import { createHmac } from 'node:crypto'
import { isSame } from '../codecs/keys.js'

/** What `app.keys` of a Koa application is: texts, the newest first, or a Keygrip. */
export type KoaKeys = readonly string[] | Keygrip

/** As the package keygrip has it. */
export interface Keygrip {
  /** The signature of `data` under the newest key. */
  sign(data: string): string
  /** Whether `digest` is the signature of `data` under one of the keys. */
  verify(data: string, digest: string): boolean
}

/** Signs as Koa's cookies do: HMAC-SHA-1 in base64url, of `name=value`. */
export function keygripOf(keys: KoaKeys): Keygrip {
  if (!Array.isArray(keys)) return keys as Keygrip
  const texts: readonly unknown[] = keys
  const isRight = texts.length > 0 && texts.every((key) => typeof key === 'string' && key !== '')
  if (!isRight) throw new TypeError('keys must be what app.keys is: a list of texts, or a Keygrip')
  const sign = (data: string, key: string): string => createHmac('sha1', key).update(data).digest('base64url')
  return {
    sign: (data) => sign(data, keys[0]),
    verify: (data, digest) => keys.some((key: string) => isSame(sign(data, key), digest)),
  }
}

/** How many cookies of one name are tried: what a stranger can make this do is bounded. */
const MOST_TRIED = 3

/** The last of `values` whose signature is among `signatures`. */
export function signedByKoa(
  name: string,
  values: readonly string[],
  signatures: readonly string[],
  keygrip: Keygrip,
): string | undefined {
  const tried = signatures.slice(-MOST_TRIED)
  return values
    .slice(-MOST_TRIED)
    .findLast((value) => tried.some((signature) => keygrip.verify(`${name}=${value}`, signature)))
}

/** Signs as express-session does: HMAC-SHA-256 in base64 without padding. */
export function signForExpress(value: string, secret: string): string {
  return createHmac('sha256', secret).update(value).digest('base64').replace(/=+$/, '')
}

/** The session id in one of `values`, which look like `s%3A<id>.<signature>`; `undefined` if no signature is right. */
export function signedByExpress(values: readonly string[], secrets: readonly string[]): string | undefined {
  for (const value of values.slice(-MOST_TRIED).reverse()) {
    const text = decoded(value)
    const dot = text.lastIndexOf('.')
    if (!text.startsWith('s:') || dot === -1) continue
    const id = text.slice(2, dot)
    const signature = text.slice(dot + 1)
    if (secrets.some((secret) => isSame(signForExpress(id, secret), signature))) return id
  }
  return undefined
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return ''
  }
}
