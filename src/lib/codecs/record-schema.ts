import type { CustomExpiry, JsonObject, SessionRecord, SessionUser } from './record.js'

/** What JSON.parse makes of an object. */
export type JsonLike = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonLike {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** The record's members, in the order in which they are written; those that it has not are left out. */
export function membersOf({ createdAt, savedAt, renewedAt, user, expiry, data }: SessionRecord): object {
  return { createdAt, savedAt, renewedAt, user, expiry, data }
}

/** The record with these members and this end, if they are a record's; what else is there is left out. */
export function parsedRecord(members: JsonLike, expires: unknown): SessionRecord | undefined {
  const { data, createdAt, expiry, savedAt, renewedAt, user } = members
  if (!isData(data) || !isTime(createdAt) || !isTime(expires) || !isExpiry(expiry)) return undefined
  if (!isOptionalTime(savedAt) || !isOptionalTime(renewedAt) || !isOptionalUser(user)) return undefined
  const record = { data, createdAt, expires }
  const isPlain =
    expiry === undefined && savedAt === undefined && renewedAt === undefined && user === undefined
  return isPlain ? record : { ...record, ...defined({ expiry, savedAt, renewedAt, user }) }
}

function defined<Members extends object>(members: Members): Partial<Members> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Partial<Members>
}

function isOptionalTime(value: unknown): value is number | undefined {
  return value === undefined || isTime(value)
}

/** Half a user would be nobody's log-in that can be taken back: all of it or no record at all. */
function isOptionalUser(value: unknown): value is SessionUser | undefined {
  if (value === undefined) return true
  if (!isObject(value)) return false
  const { id, handle, authenticatedAt, device } = value
  const isText = typeof id === 'string' && typeof handle === 'string'
  return isText && isTime(authenticatedAt) && (device === undefined || typeof device === 'string')
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
