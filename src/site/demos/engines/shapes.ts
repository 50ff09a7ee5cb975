import { randomBytes } from 'node:crypto'
import { CookieTooLarge, openSessions, type SessionRecord, type Settings } from '../../../lib/index.js'
import {
  createIn,
  directoryOf,
  type EngineName,
  fileOf,
  recordCodec,
  redisKeyOf,
  storeKeyOf,
} from '../../../lib/internal.js'
import { shortened } from '../../inspector/stored-record.js'
import { formatSeconds } from '../kit/format.js'
import { silent } from '../kit/silent.js'

/** A session to be shown as each engine stores it. */
export interface Subject {
  readonly id: string
  readonly record: SessionRecord
  readonly version: number
}

/** One stored thing, and what it is called there. */
export interface Part {
  readonly name: string
  readonly text: string
}

/** The same session as each engine stores it. The engines' own code makes the texts. */
export interface Shapes {
  /** The record as a text, the same in every store. */
  readonly text: string
  /** What each engine has besides, or instead. */
  readonly own: Readonly<Record<EngineName, readonly Part[]>>
}

export async function shapesOf(subject: Subject, settings: Settings, clock: () => number): Promise<Shapes> {
  const { keyPrefix } = settings
  const { record, version } = subject
  // #region keyed
  const key = storeKeyOf(keyPrefix, subject.id)
  const text = recordCodec(settings).encode({ kind: 'session', record, version }, key)
  const file = fileOf(directoryOf(settings), `${keyPrefix}:`, key)
  const life = `${Math.ceil(record.expires - clock())} milliseconds`
  // #endregion
  const row = [
    { name: 'key', text: shortened(key) },
    { name: 'version', text: String(version) },
    { name: 'expires', text: String(record.expires) },
  ]
  return {
    text,
    own: {
      db: row,
      cached_db: [...row, { name: 'copy', text: `in memory, for ${formatSeconds(settings.cacheTtl)}` }],
      redis: [
        { name: 'GET', text: shortened(redisKeyOf(keyPrefix, key)) },
        { name: 'PTTL', text: life },
      ],
      file: [{ name: 'path', text: shortened(file) }],
      cache: row,
      signed_cookies: [
        ...(await cookiesOf(record, settings, 'sealed', clock)),
        ...(await cookiesOf(record, settings, 'signed', clock)),
      ],
    },
  }
}

/** The session's cookie under `signed_cookies`, made with a key that no server has. */
async function cookiesOf(
  record: SessionRecord,
  { cookieName, cookieSecure }: Settings,
  cookieCodec: Settings['cookieCodec'],
  clock: () => number,
): Promise<Part[]> {
  const name = `COOKIE_CODEC=${cookieCodec}`
  // #region cookies
  // With the server's own key, whoever sees the page could copy the cookie and be logged in.
  const secretKey = randomBytes(32).toString('base64url')
  const options = { cookieName, cookieSecure, cookieCodec, secretKey, cleanupInterval: 0 }
  const sessions = await openSessions({ engine: 'signed_cookies', ...options, clock, logger: silent })
  // #endregion
  try {
    const value = await createIn(sessions.engine, record)
    const cookie = { name, text: `${cookieName}=${value}` }
    if (cookieCodec === 'sealed') return [cookie]
    // Reading a signed cookie needs no key.
    const text = Buffer.from(value.split('.')[2] ?? '', 'base64url').toString()
    return [cookie, { name: 'decoded', text }]
  } catch (error) {
    if (!(error instanceof CookieTooLarge)) throw error
    return [{ name, text: `too large for a cookie: ${error.size} bytes, and ${error.limit} are the most` }]
  } finally {
    await sessions.close()
  }
}

/** The warning that such cookies cannot be revoked is a part of the page. */
