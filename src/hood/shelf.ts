import { parseSetCookie } from 'cookie'
import type { Context } from 'koa'
import type { Engine } from '../index.js'
import { readCookie } from '../middleware/cookie.js'
import { digest } from './cookies.js'
import { linesOf } from './exchange.js'

/** A session cookie and where it leads. */
export interface Shelf {
  readonly cookieName: string
  readonly engine: Engine
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
  readonly version: number
  readonly createdAt: Date
  readonly expires: Date
  /** What `setExpiry` was given, if it was. */
  readonly expiry: number | string | undefined
}

/** The visitor's own session on this shelf, and nobody else's: whoever has the cookie has the session. */
export async function recordOn(
  { cookieName, engine }: Shelf,
  ctx: Context,
): Promise<StoredRecord | undefined> {
  const id = idAfter(ctx, cookieName)
  if (id === undefined || engine.isId?.(id) === false) return undefined
  const [loaded, stored] = await Promise.all([engine.load(id), engine.inspect?.(id)])
  if (loaded.kind !== 'found') return undefined
  const { record, version } = loaded
  return {
    cookieName,
    engine: engine.name,
    id: digest(id),
    key: stored?.key.replace(/[0-9a-f]{56}$/, '…'),
    raw: stored?.text,
    data: JSON.stringify(record.data, null, 2),
    version,
    createdAt: new Date(record.createdAt),
    expires: new Date(record.expires),
    expiry: record.expiry,
  }
}

/** What the browser holds once it has read the response. */
function idAfter(ctx: Context, cookieName: string): string | undefined {
  const given = linesOf(ctx)
    .map((line) => parseSetCookie(line))
    .findLast(({ name }) => name === cookieName)
  if (given !== undefined) return given.maxAge === 0 ? undefined : given.value
  return readCookie(ctx.req.headers.cookie, cookieName)
}
