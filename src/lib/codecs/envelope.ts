import { hkdfSync } from 'node:crypto'

/** How a text travels through hands that are not trusted: as a cookie's value, of `A-Za-z0-9_-` and dots only. */
export interface Envelope {
  /** Whether `value` is written like this envelope's, which says nothing about who wrote it. Looks at characters only. */
  isWritten(value: string): boolean
  /** Another value each time, even for the same text. */
  close(text: string): string
  /**
   * The text, if one of the keys closed exactly this value. `undefined` for everything else, whatever is wrong with it;
   * never throws, and looks at nothing before it has been verified (S49, S50).
   */
  open(value: string): Opened | undefined
}

export interface Opened {
  readonly text: string
  /** Another key than the first closed it. */
  readonly outdated: boolean
}

/** Keys of 32 bytes. The first closes, all open (S54). */
export type Keys = readonly [Buffer, ...Buffer[]]

const KEY_BYTES = 32

/**
 * Keys that serve `purpose` and nothing else: what was written for one purpose is nonsense to another, although the
 * secrets are the same (S52). HKDF-SHA-256.
 */
export function keysFor(purpose: string, [first, ...rest]: readonly [string, ...string[]]): Keys {
  const derive = (secret: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES))
  return [derive(first), ...rest.map(derive)]
}
