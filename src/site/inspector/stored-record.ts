import { parseSetCookie } from 'cookie'
import type { Engine, SessionUser, Version } from '../../lib/index.js'
import { readCookies, resolveSession } from '../../lib/internal.js'
import { digest } from './cookies.js'
import { keepsInCookie } from './recording.js'

/** Sessions that the inspector reads: the name of their cookie, and their engine. */
export interface InspectedSessions {
  readonly cookieName: string
  readonly engine: Engine
}

/** The cookies of a request and its response. */
export interface CookieHeaders {
  /** The `Cookie` header. */
  readonly cookie: string | undefined
  /** The `Set-Cookie` lines. */
  readonly setCookie: readonly string[]
}

/** The record of the browser's session after a response. */
export interface StoredRecord {
  readonly cookieName: string
  readonly engine: string
  /** Whether it is in the cookie itself, and in no store. */
  readonly isInCookie: boolean
  /** A hash of the id. */
  readonly id: string
  /** The store's key, shortened; undefined for an engine that does not tell. */
  readonly key: string | undefined
  /** The stored text, word for word; undefined for an engine that does not tell. */
  readonly raw: string | undefined
  readonly data: string
  readonly version: Version
  readonly createdAt: Date
  readonly expires: Date
  /** The value given to `setExpiry`, if any. */
  readonly expiry: number | string | undefined
  /** Who is logged in, if somebody is. */
  readonly user: SessionUser | undefined
}

/** The record of the visitor's own session. Nobody else's can be read: the cookie is what gives access to it. */
export async function storedRecordOf(
  { cookieName, engine }: InspectedSessions,
  headers: CookieHeaders,
): Promise<StoredRecord | undefined> {
  const found = await resolveSession(idsAfter(headers, cookieName), engine)
  if (found?.loaded.kind !== 'found') return undefined
  const { id, loaded } = found
  const stored = await engine.inspect?.(id)
  const { record, version } = loaded
  return {
    cookieName,
    engine: engine.name,
    isInCookie: keepsInCookie(engine),
    id: digest(id),
    key: stored && shortened(stored.key),
    raw: stored?.text,
    data: JSON.stringify(record.data, null, 2),
    version,
    createdAt: new Date(record.createdAt),
    expires: new Date(record.expires),
    expiry: record.expiry,
    user: record.user,
  }
}

/** A store's key, or a text that holds one, with only the beginning of the id's hash. */
export function shortened(key: string): string {
  return key.replace(/([0-9a-f]{8})[0-9a-f]{56}/, '$1…')
}

/** The ids in the cookies that the browser holds after the response. */
function idsAfter({ cookie, setCookie }: CookieHeaders, cookieName: string): readonly string[] {
  const given = setCookie.map((line) => parseSetCookie(line)).findLast(({ name }) => name === cookieName)
  if (given === undefined) return readCookies(cookie, cookieName)
  return given.maxAge === 0 ? [] : [given.value ?? '']
}
