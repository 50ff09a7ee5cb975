/** What JSON can hold. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject
/** An object whose values JSON can hold. */
export interface JsonObject {
  [key: string]: JsonValue
}

/**
 * How long this one session lives, where it differs from the settings: seconds from each save (0: until the
 * browser closes), or the moment it ends as an ISO 8601 string.
 */
export type CustomExpiry = number | string

/** The keys that a request has set or removed. All others are as they were read. */
export interface WrittenKeys {
  /** Whether the request has set or removed the value of `key`. */
  has(key: string): boolean
}

/** A session as it is stored. A member that is `undefined` is not written. */
export interface SessionRecord {
  readonly data: JsonObject
  /** When the session began: milliseconds since 1970. Rotation keeps it. */
  readonly createdAt: number
  /**
   * When it was last saved: milliseconds since 1970. `COOKIE_AGE` counts from here. Only where a touch moves `expires`;
   * elsewhere `expires` says as much.
   */
  readonly savedAt?: number | undefined
  /** When it was given its present id, if that is not its first: milliseconds since 1970. */
  readonly renewedAt?: number | undefined
  /** The renewals of its id that old ids still lead through. */
  readonly renewal?: Renewal | undefined
  /** Who is logged in. */
  readonly user?: SessionUser | undefined
  /** When the session ends unless it is saved or touched before: milliseconds since 1970. */
  readonly expires: number
  readonly expiry?: CustomExpiry | undefined
}

/**
 * A session was given a new id that nobody asked for (S24). The answer with the new cookie can get lost, so the old id
 * leads to the session until the new one has been seen, and for the grace after that.
 */
export interface Renewal {
  /** When the first of the renewals happened whose ids nobody has seen: milliseconds since 1970. Ids from before it are dead. */
  readonly since: number
  /** Until when old ids lead here: milliseconds since 1970. Left out until the new id has been seen. */
  readonly until?: number
  /** In a cookie that a session was moved into: the key that it had in the store, until the cookie has been seen. */
  readonly from?: string
  /**
   * Of a session that moves out of cookies. In a cookie: how often it was written while processes prepared. In the store:
   * the same of the cookie that was moved, until the session is changed.
   */
  readonly writes?: number
  /** The session is on its way into the store: its record is the data of this one. */
  readonly arriving?: true
}

/** One log-in of one user. */
export interface SessionUser {
  /** The application's own name for the user. */
  readonly id: string
  /** What this log-in is called in the list of the user's sessions: random, kept by rotations, no use as an id. */
  readonly handle: string
  /** When the user last proved who they are: milliseconds since 1970. */
  readonly authenticatedAt: number
  /** What to show for the device, as the application named it. */
  readonly device?: string
}

/** What `JSON.parse` makes of an object. */
export type JsonLike = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonLike {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/**
 * The record that a stored text holds: `members` and when it ends. `undefined` if one of them is missing or of another
 * type. Other members are left out.
 */
export function parseRecord(members: JsonLike, expires: unknown): SessionRecord | undefined {
  const { data, createdAt, expiry, savedAt, renewedAt, renewal, user } = members
  if (!isObject(data) || !isTime(createdAt) || !isTime(expires)) return undefined
  // `JSON.parse` made it, so its members are JSON.
  const record = { data: data as JsonObject, createdAt, expires }
  const isPlain =
    expiry === undefined &&
    savedAt === undefined &&
    renewedAt === undefined &&
    renewal === undefined &&
    user === undefined
  if (isPlain) return record
  if (!isExpiry(expiry) || !isOptionalTime(savedAt) || !isOptionalTime(renewedAt)) return undefined
  if (user !== undefined && !isUser(user)) return undefined
  if (renewal !== undefined && !isRenewal(renewal)) return undefined
  return {
    ...record,
    ...(expiry !== undefined && { expiry }),
    ...(savedAt !== undefined && { savedAt }),
    ...(renewedAt !== undefined && { renewedAt }),
    ...(renewal !== undefined && { renewal }),
    ...(user !== undefined && { user }),
  }
}

export function isOptionalTime(value: unknown): value is number | undefined {
  return value === undefined || isTime(value)
}

function isExpiry(value: unknown): value is CustomExpiry | undefined {
  return isOptionalTime(value) || (typeof value === 'string' && !Number.isNaN(Date.parse(value)))
}

function isRenewal(value: unknown): value is Renewal {
  return isObject(value) && isTime(value.since) && isOptionalTime(value.until) && isOptionalTime(value.writes)
}

/** A record with part of a user could not be revoked; reject it. */
function isUser(value: unknown): value is SessionUser {
  if (!isObject(value)) return false
  const { id, handle, authenticatedAt, device } = value
  if (typeof id !== 'string' || typeof handle !== 'string' || !isTime(authenticatedAt)) return false
  return device === undefined || typeof device === 'string'
}
