import { randomBytes } from 'node:crypto'
import type { SessionUser } from '../codecs/record.js'

/** Characters of a user's id, which is part of every record. */
const LONGEST_ID = 255
/** Characters of what is kept to show for a device: a browser may call itself anything, at any length. */
const LONGEST_DEVICE = 200
/** Of a handle. It is no secret, but no two log-ins may have the same. */
const HANDLE_BYTES = 12

/** What `login` takes besides the user. */
export interface LogInOptions {
  /** What to show for the device in the list of the user's sessions; its first 200 characters are kept. */
  readonly device?: string | undefined
}

/**
 * The log-in of `userId` at `now`. Where that user is logged in already it is the same log-in, proven again: it keeps
 * its handle, and its device unless another is given.
 *
 * @throws TypeError if `userId` or the device is no text, @throws RangeError if the id is empty or too long.
 */
export function logInOf(
  present: SessionUser | undefined,
  userId: string,
  { device: given }: LogInOptions,
  now: number,
): SessionUser {
  assertUserId(userId)
  if (given !== undefined && typeof given !== 'string')
    throw new TypeError(`login() takes a text for the device, not ${typeof given}`)
  const same = present?.id === userId ? present : undefined
  const device = given === undefined ? same?.device : wellFormed(given.slice(0, LONGEST_DEVICE))
  const handle = same?.handle ?? newHandle()
  return { id: userId, handle, authenticatedAt: now, ...(device !== undefined && { device }) }
}

/** @throws TypeError if it is no text, @throws RangeError if it is empty, too long, or holds half a character. */
export function assertUserId(userId: unknown): asserts userId is string {
  if (typeof userId !== 'string') throw new TypeError(`a user's id is text, not ${typeof userId}`)
  // Halves of characters all look alike to a hash: two such users would share one list.
  if (userId === '' || userId.length > LONGEST_ID || wellFormed(userId) !== userId)
    throw new RangeError(`a user's id has 1 to ${LONGEST_ID} characters`)
}

/** Half a character, which a cut may leave, is no text that every store keeps. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\u{fffd}')
}

/** What a log-in is called that is in no list yet. */
export function newHandle(): string {
  return randomBytes(HANDLE_BYTES).toString('base64url')
}
