import { GOOD_KEY } from '../codecs/secret-key.js'
import { EngineMisconfigured } from './errors.js'

export interface SecretKeyOptions {
  /** Signs and seals. */
  readonly secretKey: string | undefined
  /** Earlier keys: what they closed can still be opened. */
  readonly secretKeyFallbacks: readonly string[]
}

/**
 * All keys, the one that closes first.
 *
 * @throws EngineMisconfigured without a key, or with an empty one; `user` is who needs it: "CODEC=sealed".
 */
export function secretKeysOf(
  { secretKey, secretKeyFallbacks }: SecretKeyOptions,
  user: string,
): readonly [string, ...string[]] {
  if (secretKey === undefined || secretKey === '') {
    throw new EngineMisconfigured(`${user} needs SECRET_KEY: ${GOOD_KEY}`)
  }
  if (secretKeyFallbacks.includes('')) {
    throw new EngineMisconfigured('SECRET_KEY_FALLBACKS holds an empty key, with which anybody could sign')
  }
  return [secretKey, ...secretKeyFallbacks]
}
