import type { Codec } from '../codecs/codec.js'
import { keysFor } from '../codecs/envelope.js'
import { jsonCodec } from '../codecs/json.js'
import { SEALED_VERSION } from '../codecs/sealed.js'
import { sealedCodec } from '../codecs/sealed-record.js'
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
  return sealedCodec(keysFor(`tessera records ${SEALED_VERSION}`, secretKeysOf(options, 'CODEC=sealed')))
}
