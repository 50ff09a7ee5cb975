import { randomBytes } from 'node:crypto'

/** Bytes that are asked of the system at once: one question costs as much for many as for few. */
const POOL = 4096

let pool = Buffer.alloc(0)
let used = 0

/** So many random bytes, which nobody else gets. For nonces, which are no secret; keys and ids are drawn one by one. */
export function newNonce(bytes: number): Buffer {
  if (used + bytes > pool.length) {
    pool = randomBytes(POOL)
    used = 0
  }
  const nonce = pool.subarray(used, used + bytes)
  used += bytes
  return nonce
}
