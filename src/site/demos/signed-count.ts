import { isSame, keysFor, macOf } from '../../lib/internal.js'

/** Writes a count so that everybody can read it and nobody else can write one: `3.<HMAC-SHA-256 of it>`. */
export interface CountSigner {
  sign(count: number): string
  /** The count, if one of the keys signed exactly this text. */
  verify(text: string): number | undefined
}

/** The first key signs, all verify. */
export function countSigner(secretKeys: readonly [string, ...string[]]): CountSigner {
  // #region sign
  const keys = keysFor('tessera four-ways', secretKeys)
  return {
    sign: (count) => `${count}.${macOf(String(count), keys[0])}`,

    verify(text) {
      const [, count, mac] = /^(\d{1,10})\.([\w-]{43})$/.exec(text) ?? []
      if (count === undefined || mac === undefined) return undefined
      return keys.some((key) => isSame(mac, macOf(count, key))) ? Number(count) : undefined
    },
  }
  // #endregion
}
