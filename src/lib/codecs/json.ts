import type { Codec, Entry } from './codec.js'
import { isObject, isTime, type JsonLike, membersOf, parsedRecord } from './record-schema.js'

/**
 * Entries in Keyv's own format, so that any Keyv client on the same store reads them:
 *
 *     {"value":{"version":1,"createdAt":1700000000000,"expiry":60,"data":{…}},"expires":1700000060000}
 *     {"value":{"superseded":true},"expires":1700000060000}
 *     {"value":{"superseded":true,"next":{"key":"keyv:…","until":1700000030000}},"expires":1700000060000}
 *
 * `expiry` is there only where the session has its own, and so are `savedAt`, `renewedAt` and `user`.
 */
export const jsonCodec = { encode, decode } satisfies Codec

function encode(entry: Entry): string {
  if (entry.kind === 'superseded') {
    const { next, expires } = entry
    return JSON.stringify({ value: { superseded: true, next }, expires })
  }
  const { record, version } = entry
  return toKeyvText({ value: { version, ...membersOf(record) }, expires: record.expires })
}

function decode(text: string): Entry | undefined {
  try {
    const envelope = fromKeyvText(text)
    return isObject(envelope) ? toEntry(envelope) : undefined
  } catch {
    return undefined
  }
}

function toEntry({ value, expires }: JsonLike): Entry | undefined {
  if (!isObject(value) || !isTime(expires)) return undefined
  if (value.superseded === true) return toMark(expires, value.next)
  const { version } = value
  const record = parsedRecord(value, expires)
  return record && isVersion(version) ? { kind: 'session', record, version } : undefined
}

function toMark(expires: number, next: unknown): Entry {
  if (!isObject(next)) return { kind: 'superseded', expires }
  const { key, until } = next
  if (typeof key !== 'string' || !isTime(until)) return { kind: 'superseded', expires }
  return { kind: 'superseded', expires, next: { key, until } }
}

/** What Keyv's own serialiser writes for `value`, an object or a list. */
export function toKeyvText(value: unknown): string {
  const text = JSON.stringify(value)
  return colonString.test(text) ? JSON.stringify(value, escapeColon) : text
}

/** What Keyv's own serialiser reads, binary data aside. Throws what `JSON.parse` throws. */
export function fromKeyvText(text: string): unknown {
  return JSON.parse(text, colonString.test(text) ? unescapeColon : undefined)
}

// Keyv writes a leading colon of a string twice (":base64:…" is how it stores binary). A string value that starts
// with a colon is rare and shows as one of `[,:` then `":`, so everything else takes the fast way. A key that ends
// in one of those characters looks alike; it takes the slow way to the same result.
const colonString = /[[,:]":/

function escapeColon(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(':') ? `:${value}` : value
}

function unescapeColon(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(':') ? value.slice(1) : value
}

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
