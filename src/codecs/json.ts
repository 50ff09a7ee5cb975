import type { Codec, Entry } from './codec.js'
import type { CustomExpiry, JsonObject } from './record.js'

/**
 * Entries in Keyv's own format, so that any Keyv client on the same store reads them:
 *
 *     {"value":{"version":1,"createdAt":1700000000000,"expiry":60,"data":{…}},"expires":1700000060000}
 *     {"value":{"superseded":true},"expires":1700000060000}
 *
 * `expiry` is there only where the session has its own. Stores read `$.expires`, `$.value.version` and
 * `$.value.superseded` for their conditions.
 */
export const jsonCodec: Codec = { encode, decode }

function encode(entry: Entry): string {
  if (entry.kind === 'superseded') {
    return JSON.stringify({ value: { superseded: true }, expires: entry.expires })
  }
  const { data, createdAt, expires, expiry } = entry.record
  const envelope = { value: { version: entry.version, createdAt, expiry, data }, expires }
  const text = JSON.stringify(envelope)
  return colonString.test(text) ? JSON.stringify(envelope, escapeColon) : text
}

function decode(text: string): Entry | undefined {
  try {
    const envelope: unknown = JSON.parse(text, colonString.test(text) ? unescapeColon : undefined)
    return isObject(envelope) ? toEntry(envelope) : undefined
  } catch {
    return undefined
  }
}

function toEntry({ value, expires }: JsonLike): Entry | undefined {
  if (!isObject(value) || !isTime(expires)) return undefined
  if (value.superseded === true) return { kind: 'superseded', expires }
  const { version, createdAt, expiry, data } = value
  if (!isVersion(version) || !isTime(createdAt) || !isExpiry(expiry) || !isData(data)) return undefined
  const record = expiry === undefined ? { data, createdAt, expires } : { data, createdAt, expires, expiry }
  return { kind: 'session', record, version }
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

type JsonLike = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is JsonLike {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** JSON.parse made it, so its members are JSON. */
function isData(value: unknown): value is JsonObject {
  return isObject(value)
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isExpiry(value: unknown): value is CustomExpiry | undefined {
  return (
    value === undefined || isTime(value) || (typeof value === 'string' && !Number.isNaN(Date.parse(value)))
  )
}
