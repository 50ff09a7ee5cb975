import type { Codec } from '../codecs/codec.js'
import { SealedEnvelope } from '../codecs/envelope.js'
import { jsonCodec } from '../codecs/json-codec.js'
import { keysFor } from '../codecs/keys.js'
import { type IsAccepted, sealedCodec } from '../codecs/sealed-codec.js'
import { isUserListKey } from './ids.js'
import { type SecretKeyOptions, secretKeysOf } from './secret-keys.js'

export interface RecordCodecOptions extends SecretKeyOptions {
  /**
   * How records stand in a store. `sealed`: encrypted. `json`: whoever reads the store can read them. `django`: as Django
   * writes them, by an engine of its own.
   */
  readonly codec: 'json' | 'sealed' | 'django'
  /** Until when `sealed` reads records that are not: a moment as ISO 8601. `undefined`: it never does. */
  readonly plainRecordsUntil?: string | undefined
  /** The moment before which a session must have begun for that. `undefined`: when this process opened the engine. */
  readonly sealedSince?: string | undefined
}

/**
 * How the settings want records at rest.
 *
 * @throws EngineMisconfigured if it takes a key and there is none.
 */
export function recordCodec(options: RecordCodecOptions, clock: () => number = Date.now): Codec {
  if (options.codec !== 'sealed') return options.secretKey ? readingSealed(options) : jsonCodec
  return sealedWith(options, acceptanceOf(options, clock))
}

function sealedWith(options: RecordCodecOptions, isAccepted?: IsAccepted): Codec {
  const secretKeys = secretKeysOf(options, 'CODEC=sealed')
  return sealedCodec(keysFor(`tessera records ${SealedEnvelope.version}`, secretKeys), isAccepted)
}

/**
 * Writes JSON, and reads what was sealed as well: so that a site can go back from `sealed`, and processes of both kinds can
 * serve side by side. The keys are derived when the first sealed record is met.
 */
function readingSealed(options: RecordCodecOptions): Codec {
  let sealed: Codec | undefined
  return {
    encode: jsonCodec.encode,
    decode(text, key) {
      const plain = jsonCodec.decode(text)
      // A sealed tombstone is a plain one that does not say where it leads.
      if (plain !== undefined && !(plain.kind === 'superseded' && text.includes(SEALED))) return plain
      if (plain === undefined && !text.includes(SEALED)) return undefined
      sealed ??= sealedWith(options)
      const entry = sealed.decode(text, key)
      return entry?.kind === 'session' ? { ...entry, outdated: true } : (entry ?? plain)
    },
  }
}

const SEALED = '"sealed":'

/**
 * Whether a session that is not sealed is read all the same. Its `createdAt` keeps out what was begun after the switch by
 * whoever still writes plainly. It is no proof, since it is not sealed either: until the end of the time, whoever can write
 * to the store can plant a session, as they could before the switch.
 *
 * A user's list begins anew with each write, so its `createdAt` says nothing, and it is read in any case: where a process
 * was forgotten that writes plainly, the log-ins of all processes are in its list. A planted one leads to no session that
 * is not sealed, and whoever can plant one could as well remove the one that stands there.
 */
function acceptanceOf(
  { plainRecordsUntil, sealedSince }: RecordCodecOptions,
  clock: () => number,
): IsAccepted | undefined {
  if (plainRecordsUntil === undefined) return undefined
  const until = Date.parse(plainRecordsUntil)
  const since = sealedSince === undefined ? clock() : Date.parse(sealedSince)
  return ({ createdAt }, key) => (createdAt < since || isUserListKey(key)) && clock() < until
}
