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

/** A session as it is stored. A member that is `undefined` is not written. */
export interface SessionRecord {
  readonly data: JsonObject
  /** When the session began: milliseconds since 1970. Rotation keeps it. */
  readonly createdAt: number
  /** When it was saved last, from where `COOKIE_AGE` counts: milliseconds since 1970. Only where touches move `expires`. */
  readonly savedAt?: number | undefined
  /** When it was given its id, if that is not the first one: milliseconds since 1970. */
  readonly renewedAt?: number | undefined
  /** Who is logged in. */
  readonly user?: SessionUser | undefined
  /** When the session ends unless it is saved or touched before: milliseconds since 1970. */
  readonly expires: number
  readonly expiry?: CustomExpiry | undefined
}

/** One log-in of one user. */
export interface SessionUser {
  /** The application's own name for the user. */
  readonly id: string
  /** What this log-in is called in the list of the user's sessions: random, kept by rotations, leads nobody in. */
  readonly handle: string
  /** When the user last proved who they are: milliseconds since 1970. */
  readonly authenticatedAt: number
  /** What to show for the device, as the application said it. */
  readonly device?: string
}
