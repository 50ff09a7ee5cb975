import { CookieTooLarge, type SessionRecord, type Settings } from '../../../lib/index.js'
import {
  createIn,
  directoryOf,
  type EngineName,
  fileOf,
  generateId,
  openSignedCookies,
  recordCodec,
  redisKeyOf,
  storeKeyOf,
} from '../../../lib/internal.js'
import { shortened } from '../../inspector/stored-record.js'

/** A session as it is to be shown in every shape. */
export interface Subject {
  readonly id: string
  readonly record: SessionRecord
  readonly version: number
}

/** One thing that stands somewhere, under the name that it has there. */
export interface Part {
  readonly name: string
  readonly text: string
}

/** The same session in the shape that each engine gives it. Made by the code that the engines store with. */
export type Shapes = Readonly<Record<EngineName, readonly Part[]>>

export async function shapesOf(subject: Subject, settings: Settings, clock: () => number): Promise<Shapes> {
  const { keyPrefix } = settings
  const { record, version } = subject
  // #region keyed
  const key = storeKeyOf(keyPrefix, subject.id)
  const text = recordCodec(settings).encode({ kind: 'session', record, version }, key)
  const row = [
    { name: 'key', text: shortened(key) },
    { name: 'value', text },
  ]
  const file = fileOf(directoryOf(settings), `${keyPrefix}:`, key)
  const life = `${Math.ceil(record.expires - clock())} milliseconds`
  // #endregion
  return {
    db: row,
    cached_db: row,
    redis: [
      { name: 'GET', text: shortened(redisKeyOf(keyPrefix, key)) },
      { name: 'PTTL', text: life },
      { name: 'value', text },
    ],
    file: [
      { name: 'path', text: shortened(file) },
      { name: 'content', text },
    ],
    cache: [
      ...row,
      { name: 'expires', text: String(record.expires) },
      { name: 'version', text: String(version) },
    ],
    signed_cookies: [
      ...(await cookiesOf(record, settings, 'sealed', clock)),
      ...(await cookiesOf(record, settings, 'signed', clock)),
    ],
  }
}

/** The cookie that would be the session; one that no server takes, this one included. */
async function cookiesOf(
  record: SessionRecord,
  { cookieName }: Settings,
  cookieCodec: Settings['cookieCodec'],
  clock: () => number,
): Promise<Part[]> {
  const name = `COOKIE_CODEC=${cookieCodec}`
  // #region cookies
  // With the server's own key this would be a copy of a log-in, for whoever sees the page.
  const options = { cookieName, cookieCodec, secretKey: generateId(), secretKeyFallbacks: [] }
  const engine = await openSignedCookies(options, { clock, logger: silent })
  // #endregion
  try {
    const value = await createIn(engine, record)
    const cookie = { name, text: `${cookieName}=${value}` }
    if (cookieCodec === 'sealed') return [cookie]
    // No key is needed for this.
    const text = Buffer.from(value.split('.')[2] ?? '', 'base64url').toString()
    return [cookie, { name: 'decoded', text }]
  } catch (error) {
    if (!(error instanceof CookieTooLarge)) throw error
    return [{ name, text: `too large for a cookie: ${error.size} bytes, and ${error.limit} are the most` }]
  }
}

/** That such cookies cannot be revoked is said on the page. */
const silent = { warn: () => {}, error: () => {} }
