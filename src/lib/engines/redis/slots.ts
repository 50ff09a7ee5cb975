import { hash } from 'node:crypto'
import { type IdScheme, keyOf } from '../ids.js'

/** The slots that the keys of a cluster are dealt out to. */
const SLOTS = 16_384

/** How much of an id its successors share: characters of `a-z0-9`. */
const SHARED = 4

/**
 * Ids for a cluster, where one step reaches the keys of one slot only. A key's slot is that of its hash tag, what
 * stands in braces; ours follows from the first characters of the id, and a rotation keeps those. So the two keys of a
 * rotation are in one slot, and the sessions are on all servers alike.
 *
 * Whoever knows an old id knows four characters of the new one; the other 28 are drawn anew, 144 bits (S01, S07). The
 * tag is no part of the id but 14 bits of a hash of it, and tells less of the id than the hash beside it does (S05).
 */
export const clusterIds: IdScheme = {
  keyOf: (id) => `{${tagOf(id.slice(0, SHARED))}}${keyOf(id)}`,
  next: (id, fair) => id.slice(0, SHARED) + fair.slice(SHARED),
}

function tagOf(shared: string): string {
  return (Number.parseInt(hash('sha256', shared, 'hex').slice(0, 8), 16) % SLOTS)
    .toString(16)
    .padStart(4, '0')
}

/** The slot of a key, as the servers count it: CRC16 (XMODEM) of its hash tag. */
export function slotOf(key: string): number {
  let crc = 0
  for (const byte of Buffer.from(/\{([^}]+)\}/.exec(key)?.[1] ?? key)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
  }
  return (crc & 0xffff) % SLOTS
}
