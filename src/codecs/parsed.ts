import type { CustomExpiry, JsonObject, SessionRecord } from './record.js'

/** What JSON.parse makes of an object. */
export type JsonLike = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonLike {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** The record with these members, if they are a record's; what else is there is left out. */
export function parsedRecord({ data, createdAt, expires, expiry }: JsonLike): SessionRecord | undefined {
  if (!isData(data) || !isTime(createdAt) || !isTime(expires) || !isExpiry(expiry)) return undefined
  return expiry === undefined ? { data, createdAt, expires } : { data, createdAt, expires, expiry }
}

/** JSON.parse made it, so its members are JSON. */
function isData(value: unknown): value is JsonObject {
  return isObject(value)
}

function isExpiry(value: unknown): value is CustomExpiry | undefined {
  return (
    value === undefined || isTime(value) || (typeof value === 'string' && !Number.isNaN(Date.parse(value)))
  )
}
