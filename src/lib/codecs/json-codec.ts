import type { Codec, Entry, Tombstone } from './codec.js'
import { isObject, isTime, parseRecord } from './record.js'

/**
 * Entries in Keyv's own format, which any Keyv client of the same store can read:
 *
 *     {"value":{"version":1,"createdAt":1700000000000,"expiry":60,"data":{…}},"expires":1700000060000}
 *     {"value":{"superseded":true},"expires":1700000060000}
 *     {"value":{"superseded":true,"next":{"key":"keyv:…","at":1700000000000}},"expires":1700000060000}
 *
 * `savedAt`, `renewedAt`, `renewal`, `user` and `expiry` are written only where the session has them.
 */
export const jsonCodec = { encode, decode } satisfies Codec

/** `metadataOf` relies on the order: the version is first, the end last. */
function encode(entry: Entry): string {
  if (entry.kind === 'superseded') {
    const { next, expires } = entry
    return toKeyvText({ value: { superseded: true, next }, expires })
  }
  const { version, record } = entry
  const { createdAt, savedAt, renewedAt, renewal, user, expiry, data, expires } = record
  const value = { version, createdAt, savedAt, renewedAt, renewal, user, expiry, data }
  return toKeyvText({ value, expires })
}

function decode(text: string): Entry | undefined {
  try {
    const parsed = fromKeyvText(text)
    if (!isObject(parsed)) return undefined
    const { value, expires } = parsed
    if (!isObject(value) || !isTime(expires)) return undefined
    if (value.superseded === true) return parseTombstone(value.next, expires)
    const { version } = value
    const record = parseRecord(value, expires)
    const isVersion = typeof version === 'number' && Number.isSafeInteger(version)
    return record && isVersion ? { kind: 'session', record, version } : undefined
  } catch {
    return undefined
  }
}

function parseTombstone(next: unknown, expires: number): Tombstone {
  if (!isObject(next)) return { kind: 'superseded', expires }
  const { key, at } = next
  if (typeof key !== 'string' || !isTime(at)) return { kind: 'superseded', expires }
  return { kind: 'superseded', expires, next: { key, at } }
}

/** What Keyv's own serializer writes for `value`, an object or a list. */
export function toKeyvText(value: unknown): string {
  const text = JSON.stringify(value)
  return stringWithColon.test(text) ? JSON.stringify(value, escapeColon) : text
}

/** What Keyv's own serializer reads, binary data aside. Throws what `JSON.parse` throws. */
export function fromKeyvText(text: string): unknown {
  return JSON.parse(text, stringWithColon.test(text) ? unescapeColon : undefined)
}

// Keyv doubles a colon at the beginning of a string, because it stores binary data as ":base64:…". Such strings are rare.
// In a text they show as `[`, `,` or `:` followed by `":`; a text without that needs no escaping. A key that ends in one
// of those characters looks the same, and is escaped for nothing: the result does not change.
const stringWithColon = /[[,:]":/

function escapeColon(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(':') ? `:${value}` : value
}

function unescapeColon(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(':') ? value.slice(1) : value
}
