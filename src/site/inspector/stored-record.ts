import { parseSetCookie } from 'cookie'
import type { Engine, SessionUser, Version } from '../../lib/index.js'
import { readCookies, resolveSession } from '../../lib/internal.js'
import { digest } from './cookies.js'

/** A session cookie and where it leads. */
export interface Shelf {
  readonly cookieName: string
  readonly engine: Engine
}

/** What a request brought and its response gave. */
export interface CookiesOnTheWire {
  /** The `Cookie` header. */
  readonly cookie: string | undefined
  /** The `Set-Cookie` lines. */
  readonly setCookie: readonly string[]
}

/** The record that the browser's cookie leads to after this response. */
export interface StoredRecord {
  readonly cookieName: string
  readonly engine: string
  /** The id, as it may be shown. */
  readonly id: string
  /** What the store knows the record by; undefined for an engine that does not tell. */
  readonly key: string | undefined
  /** Word for word; undefined for an engine that does not tell. */
  readonly raw: string | undefined
  readonly data: string
  readonly version: Version
  readonly createdAt: Date
  readonly expires: Date
  /** What `setExpiry` was given, if it was. */
  readonly expiry: number | string | undefined
  /** Who is logged in, if somebody is. */
  readonly user: SessionUser | undefined
}

/** The visitor's own session on this shelf, and nobody else's: whoever has the cookie has the session. */
export async function recordOn(
  { cookieName, engine }: Shelf,
  wire: CookiesOnTheWire,
): Promise<StoredRecord | undefined> {
  const found = await resolveSession(idsAfter(wire, cookieName), engine)
  if (found?.loaded.kind !== 'found') return undefined
  const { id, loaded } = found
  const stored = await engine.inspect?.(id)
  const { record, version } = loaded
  return {
    cookieName,
    engine: engine.name,
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

/** A store's key, or what it is a part of, with no more of the id's hash than may be shown. */
export function shortened(key: string): string {
  return key.replace(/([0-9a-f]{8})[0-9a-f]{56}/, '$1…')
}

/** What the browser holds once it has read the response. */
function idsAfter({ cookie, setCookie }: CookiesOnTheWire, cookieName: string): readonly string[] {
  const given = setCookie.map((line) => parseSetCookie(line)).findLast(({ name }) => name === cookieName)
  if (given === undefined) return readCookies(cookie, cookieName)
  return given.maxAge === 0 ? [] : [given.value ?? '']
}
