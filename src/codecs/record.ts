/** What JSON can hold. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject
export interface JsonObject {
  [key: string]: JsonValue
}

/**
 * How long this one session lives, where it differs from the settings: seconds from each save (0: until the
 * browser closes), or the moment it ends as an ISO 8601 string. Django items 26 to 31.
 */
export type CustomExpiry = number | string

/** A session as it is stored. */
export interface SessionRecord {
  readonly data: JsonObject
  /** When the session began: milliseconds since 1970. Rotation keeps it. */
  readonly createdAt: number
  /** When the session ends unless it is saved or touched before: milliseconds since 1970. */
  readonly expires: number
  readonly expiry?: CustomExpiry
}
