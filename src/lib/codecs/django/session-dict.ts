import {
  type CustomExpiry,
  isObject,
  isTime,
  type JsonLike,
  type JsonValue,
  type SessionRecord,
  type WrittenKeys,
} from '../record.js'
import { dataIn, mergeMembers, textOf, valueIn } from './members.js'
import type { Moments } from './moments.js'
import type { Members } from './scanner.js'
import { type RecentDicts, readDict, type SignedDict } from './signed-dicts.js'
import type { DjangoSigner } from './signing.js'

/** How long the session lives, where it differs from the setting. Django's name. */
const EXPIRY = '_session_expiry'
/** What Django does not know of a session, where a setting needs it. Django carries the key along, and its `flush` drops it. */
const OURS = '_tessera'

/** Python's dates end with the year 9999, in every time zone: milliseconds since 1970. Django reads no row of a later end. */
export const LAST_MOMENT = Date.UTC(9999, 11, 30)

/** Keys that no session here can set, and what to do instead. */
export const RESERVED_KEYS = {
  [EXPIRY]: 'that is where Django keeps the session’s own expiry: use setExpiry()',
  [OURS]: 'that is where Tessera keeps what a timeout needs: take another key',
} as const

export interface DictTools {
  readonly signer: DjangoSigner
  readonly moments: Moments
  /** Where the same texts come again: what they hold. */
  readonly recent?: RecentDicts
}

/** A session as Django has stored it. What is written back is made from its members. */
export interface DjangoSession extends SignedDict {
  readonly record: SessionRecord
}

/**
 * The session in a signed text, which ends at `expires` (milliseconds since 1970). `undefined` if none of the keys signed it
 * or it holds no JSON object: such a text is never overwritten.
 */
export function decodeSession(text: string, expires: number, tools: DictTools): DjangoSession | undefined {
  const dict = dictIn(text, tools)
  if (dict === undefined) return undefined
  const { members, signedAt } = dict
  const { [EXPIRY]: expiry, [OURS]: ours, ...data } = dataIn(members)
  const own = isOurs(ours) ? ours : undefined
  const record: SessionRecord = {
    data,
    createdAt: isTime(own?.createdAt) ? own.createdAt : signedAt,
    // Django saves without a word about it: then the text is younger.
    ...(own && { savedAt: Math.max(own.savedAt, signedAt) }),
    ...(isTime(own?.renewedAt) && { renewedAt: own.renewedAt }),
    ...expiryIn(expiry, tools.moments),
    expires,
  }
  return { ...dict, record }
}

/** The session's own expiry in a signed text; `undefined` if it has none, or the text is none of ours. */
export function expiryOf(text: string, tools: DictTools): CustomExpiry | undefined {
  const raw = dictIn(text, tools)?.members.get(EXPIRY)
  return raw === undefined ? undefined : expiryIn(valueIn(raw), tools.moments).expiry
}

/** What a signed text holds; `undefined` if none of the keys signed it or it holds no JSON object. */
export function dictIn(text: string, { signer, recent }: DictTools): SignedDict | undefined {
  return recent === undefined ? readDict(text, signer) : recent.read(text, signer)
}

/**
 * `record` as a signed text. `before`: what it was read as; all of that which has not changed stays word for word. `written`:
 * what was set or removed since then. `now` in milliseconds since 1970.
 */
export function encodeSession(
  record: SessionRecord,
  before: Members | undefined,
  now: number,
  { signer, moments, recent }: DictTools,
  written?: WrittenKeys,
): string {
  const { [EXPIRY]: _, [OURS]: __, ...data } = record.data
  /** What stands under a reserved key, unless all data was removed. */
  const there = (key: string): JsonValue | undefined => {
    const raw = written?.has(key) ? undefined : before?.get(key)
    return raw === undefined ? undefined : valueIn(raw)
  }
  const reserved = {
    [EXPIRY]: expiryMember(record.expiry, there(EXPIRY), moments),
    [OURS]: ownMember(record, there(OURS)),
  }
  for (const [key, value] of Object.entries(reserved)) if (value !== undefined) data[key] = value
  const members = mergeMembers(before ?? new Map(), data, written)
  const text = signer.sign(textOf(members), now)
  recent?.remember(text, { members, signedAt: Math.floor(now / 1000) * 1000 })
  return text
}

/** What is no expiry to us, such as `None`, is somebody else's: it stays. */
function expiryMember(
  expiry: CustomExpiry | undefined,
  there: JsonValue | undefined,
  moments: Moments,
): JsonValue | undefined {
  const theirs = expiryIn(there, moments).expiry
  // Django may have written microseconds.
  if (theirs === expiry) return there
  return typeof expiry === 'string' ? moments.toIso(Date.parse(expiry)) : expiry
}

/** An application may have something of its own there, which stays as far as there is room for it beside ours. */
function ownMember(
  { createdAt, savedAt, renewedAt }: SessionRecord,
  there: JsonValue | undefined,
): JsonValue | undefined {
  const theirs = isOurs(there) ? undefined : there
  if (savedAt === undefined) return theirs
  return {
    ...(isObject(theirs) && theirs),
    createdAt,
    savedAt,
    ...(renewedAt !== undefined && { renewedAt }),
  }
}

function isOurs(value: unknown): value is JsonLike & { readonly savedAt: number } {
  return isObject(value) && isTime(value.savedAt)
}

function expiryIn(value: unknown, moments: Moments): { readonly expiry?: CustomExpiry } {
  if (isTime(value)) return { expiry: value }
  if (typeof value !== 'string') return {}
  const time = moments.fromIso(value)
  return Number.isNaN(time) ? {} : { expiry: new Date(time).toISOString() }
}
