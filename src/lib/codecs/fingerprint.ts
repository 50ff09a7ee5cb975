import { randomBytes } from 'node:crypto'
import { keysFor } from './envelope.js'
import { macOf } from './signed.js'

/** What may be shown of an id: ten characters of `A-Za-z0-9_-`, the same for the same id. */
export type Fingerprint = (id: string) => string

/** 60 bits: two sessions of a million look alike once in two million such sites. */
const LENGTH = 10

/**
 * Makes fingerprints that tell nothing of an id to whoever has no key (S12). With a `secret` they are the same in every
 * process that has it and after a restart; without one they are this process's own.
 */
export function fingerprintWith(secret: string | undefined): Fingerprint {
  let key: Buffer | undefined
  return (id) => {
    // Not before the first one: whoever shows none pays for none.
    key ??= secret ? keysFor('tessera fingerprint', [secret])[0] : randomBytes(32)
    return macOf(id, key).slice(0, LENGTH)
  }
}
