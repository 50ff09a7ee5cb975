import { isObject, isTime, type JsonObject } from '../codecs/record.js'
import { CLOCK_SKEW } from '../engines/concurrency.js'

/** One log-in of the user, as the list has it; everything else stands in the session's own record. */
export interface Listed {
  /** When it was last announced at a key: milliseconds since 1970. */
  readonly at: number
  /** The keys where the session may be, the one announced last at the end. */
  readonly keys: readonly string[]
  /** It was revoked, and its keys are being evicted: nobody may announce it any more. */
  readonly ended?: true
}

/** The log-ins of one user by their handles. */
export interface UserList {
  /** Since when the list is kept: milliseconds since 1970. Earlier log-ins were in another list, which the store has lost. */
  readonly begun: number
  /** How many log-ins it may hold before it is looked through for those that are over. */
  readonly room: number
  /** It took the place of a list that could not be read, so log-ins may be missing in it. */
  readonly isPartial?: true
  readonly sessions: ReadonlyMap<string, Listed>
}

const LEAST_ROOM = 16

export function emptyList(now: number): UserList {
  return { begun: now - CLOCK_SKEW, room: LEAST_ROOM, sessions: new Map() }
}

/** The list with these sessions in place of its own. */
export function withSessions(list: UserList, sessions: ReadonlyMap<string, Listed>): UserList {
  return { ...list, sessions }
}

/** To be called after a search of the whole list. The next search is due when the list has doubled, so each log-in costs little. */
export function withRoom(list: UserList): UserList {
  return { ...list, room: Math.max(LEAST_ROOM, 2 * list.sessions.size) }
}

/** The list as one from which no log-in is missing. */
export function asWhole({ isPartial: _, ...list }: UserList): UserList {
  return list
}

/** The list with log-ins that were met in the store, by their handles, and are missing from it. */
export function withFound(list: UserList, keys: ReadonlyMap<string, string>, now: number): UserList {
  const found = [...keys].map(([handle, key]): [string, Listed] => [handle, { at: now, keys: [key] }])
  return withSessions(list, new Map([...found, ...list.sessions]))
}

/** As JSON: `{"begun":1,"room":16,"sessions":{"<handle>":{"at":1,"keys":["keyv:…"]}}}`. */
export function encodeList({ begun, room, isPartial, sessions }: UserList): JsonObject {
  const entries = [...sessions].map(([handle, { at, keys, ended }]): [string, JsonObject] => [
    handle,
    { at, keys: [...keys], ...(ended && { ended }) },
  ])
  return { begun, room, ...(isPartial && { isPartial }), sessions: Object.fromEntries(entries) }
}

/** `undefined` if it is none. */
export function decodeList({ begun, room, isPartial, sessions }: JsonObject): UserList | undefined {
  if (!isTime(begun) || !isTime(room) || !isObject(sessions)) return undefined
  const entries = Object.entries(sessions).flatMap(([handle, listed]): [string, Listed][] =>
    isListed(listed) ? [[handle, listed]] : [],
  )
  return { begun, room, ...(isPartial === true && { isPartial }), sessions: new Map(entries) }
}

function isListed(value: unknown): value is Listed {
  if (!isObject(value) || !isTime(value.at)) return false
  const { keys, ended } = value
  return (
    Array.isArray(keys) &&
    keys.every((key) => typeof key === 'string') &&
    (ended === undefined || ended === true)
  )
}
