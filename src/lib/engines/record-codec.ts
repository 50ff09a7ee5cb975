import type { Codec } from '../codecs/codec.js'
import { SealedEnvelope } from '../codecs/envelope.js'
import { jsonCodec } from '../codecs/json-codec.js'
import { keysFor } from '../codecs/keys.js'
import { sealedCodec } from '../codecs/sealed-codec.js'
import { type SecretKeyOptions, secretKeysOf } from './secret-keys.js'

export interface RecordCodecOptions extends SecretKeyOptions {
  /** How records stand in a store. `sealed`: encrypted. `json`: whoever reads the store can read them. */
  readonly codec: 'json' | 'sealed'
}

/**
 * How the settings want records at rest.
 *
 * @throws EngineMisconfigured if it takes a key and there is none.
 */
export function recordCodec(options: RecordCodecOptions): Codec {
  if (options.codec === 'json') return jsonCodec
  return sealedCodec(
    keysFor(`tessera records ${SealedEnvelope.version}`, secretKeysOf(options, 'CODEC=sealed')),
  )
}
