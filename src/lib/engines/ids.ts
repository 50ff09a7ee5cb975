import { hash, randomBytes } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'
const LENGTH = 32
const WELL_FORMED = /^[a-z0-9]{32}$/

/** The largest multiple of 36 that a byte can reach; bytes from here on would favour the first letters. */
const FAIR = 256 - (256 % ALPHABET.length)

/** A new session id: 32 characters of `a-z0-9`, 165 bits from the system's generator (S01, Django item 17). */
export function generateId(): string {
  let id = ''
  while (id.length < LENGTH) {
    for (const byte of randomBytes(LENGTH + 8)) {
      if (byte < FAIR) id += ALPHABET.charAt(byte % ALPHABET.length)
      if (id.length === LENGTH) break
    }
  }
  return id
}

/** The text that was found well-formed last: one request asks several times. */
let wellFormed: string | undefined

/** Whether `text` is written like an id, which says nothing about whether there is such a session (S04). */
export function isId(text: string): boolean {
  if (text === wellFormed) return true
  if (!WELL_FORMED.test(text)) return false
  wellFormed = text
  return true
}

/** What the store knows an id by: its SHA-256 in hex. Whoever reads the store learns no id (S05). */
export function keyOf(id: string): string {
  return hash('sha256', id, 'hex')
}

/** The key of a session, without the prefix: a hash of its id, behind a hash tag in a Redis cluster. */
const DRAWN = /^(\{[0-9a-f]{4}\})?[0-9a-f]{64}$/

/** Whether the key is one of a session. All others (users' lists, revocations, leases) are names that anybody can compute. */
export function isSessionKey(key: string, keyPrefix: string): boolean {
  return DRAWN.test(key.slice(keyPrefix.length + 1))
}

/** Whether the key is that of a lease: plain JSON, whatever the codec is. */
export function isLeaseKey(key: string, keyPrefix: string): boolean {
  return key.startsWith(`${keyPrefix}:lease-`)
}

/** The key of a user's list ends so: the hash of the user's id, and in a chain of lists a number. */
const USER_LIST = /:user-[0-9a-f]{64}(-\d+)?$/

/** Whether the key is that of a user's list. */
export function isUserListKey(key: string): boolean {
  return USER_LIST.test(key)
}

/** How ids become keys, and what an id may look like that takes another's place. */
export interface IdScheme {
  /** What the store knows `id` by. */
  keyOf(id: string): string
  /** The id that takes the place of `id`, made from a fair one. */
  next(id: string, fair: string): string
}

/** Ids that have nothing to do with each other. */
export const plainIds: IdScheme = { keyOf, next: (_id, fair) => fair }

/** The same with Keyv's namespace before it, as it stands in the store. */
export function storeKeyOf(keyPrefix: string, id: string, ids = plainIds): string {
  return `${keyPrefix}:${ids.keyOf(id)}`
}
