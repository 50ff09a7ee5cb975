import { type CustomExpiry, isObject, isTime, type JsonObject, type SessionRecord } from '../record.js'
import { dataIn, type Members, membersOf, mergeMembers, textOf, valueIn } from './members.js'
import type { Moments } from './moments.js'
import type { DjangoSigner } from './signing.js'

/** How long the session lives, where it differs from the setting. Django's name. */
const EXPIRY = '_session_expiry'
/** What Django does not know of a session, where a setting needs it. Django carries the key along, and its `flush` drops it. */
const OURS = '_tessera'

export interface DictTools {
  readonly signer: DjangoSigner
  readonly moments: Moments
}

/** A session as Django has stored it. */
export interface DjangoSession {
  readonly record: SessionRecord
  /** Word for word; what is written back is made from them. */
  readonly members: Members
  /** Milliseconds since 1970. */
  readonly signedAt: number
}

/**
 * The session in a signed text, which ends at `expires` (milliseconds since 1970). `undefined` if none of the keys signed it
 * or it holds no JSON object: such a text is never overwritten.
 */
export function decodeSession(
  text: string,
  expires: number,
  { signer, moments }: DictTools,
): DjangoSession | undefined {
  const signed = signer.verify(text)
  const members = signed && membersOf(signed.text)
  if (signed === undefined || members === undefined) return undefined
  const signedAt = signed.signedAt * 1000
  const { [EXPIRY]: expiry, [OURS]: ours, ...data } = dataIn(members)
  const own = isObject(ours) ? ours : {}
  const record: SessionRecord = {
    data,
    createdAt: isTime(own.createdAt) ? own.createdAt : signedAt,
    // Django saves without a word about it: then the text is younger.
    ...(isTime(own.savedAt) && { savedAt: Math.max(own.savedAt, signedAt) }),
    ...(isTime(own.renewedAt) && { renewedAt: own.renewedAt }),
    ...expiryIn(expiry, moments),
    expires,
  }
  return { record, members, signedAt }
}

/**
 * `record` as a signed text. `before`: what it was read as; all of that which has not changed stays word for word. `now` in
 * milliseconds since 1970.
 */
export function encodeSession(
  record: SessionRecord,
  before: Members | undefined,
  now: number,
  { signer, moments }: DictTools,
): string {
  const { [EXPIRY]: _, [OURS]: __, ...data } = record.data
  const reserved: JsonObject = {
    ...(record.expiry !== undefined && { [EXPIRY]: expiryOf(record.expiry, before?.get(EXPIRY), moments) }),
    ...(record.savedAt !== undefined && { [OURS]: ownFacts(record, record.savedAt) }),
  }
  return signer.sign(textOf(mergeMembers(before ?? new Map(), { ...data, ...reserved })), now)
}

function ownFacts({ createdAt, renewedAt }: SessionRecord, savedAt: number): JsonObject {
  return { createdAt, savedAt, ...(renewedAt !== undefined && { renewedAt }) }
}

function expiryIn(value: unknown, moments: Moments): { readonly expiry?: CustomExpiry } {
  if (isTime(value)) return { expiry: value }
  if (typeof value !== 'string') return {}
  const time = moments.fromIso(value)
  return Number.isNaN(time) ? {} : { expiry: new Date(time).toISOString() }
}

/** What stands there already, if it means the same: Django may have written microseconds. */
function expiryOf(expiry: CustomExpiry, before: string | undefined, moments: Moments): CustomExpiry {
  const there = before === undefined ? undefined : valueIn(before)
  if (expiryIn(there, moments).expiry === expiry) return there as CustomExpiry
  return typeof expiry === 'number' ? expiry : moments.toIso(Date.parse(expiry))
}
