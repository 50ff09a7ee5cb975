import { createHash, createSecretKey, type KeyObject } from 'node:crypto'
import type { Keys } from '../keys.js'

/** The keys of Django's `salted_hmac` for what is signed with `salt`, from each secret. */
export function saltedKeys(salt: string, [first, ...rest]: readonly [string, ...string[]]): Keys {
  const derive = (secret: string): KeyObject =>
    createSecretKey(createHash('sha256').update(`${salt}${secret}`).digest())
  return [derive(first), ...rest.map(derive)]
}
