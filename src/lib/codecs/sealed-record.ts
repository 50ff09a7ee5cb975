import type { Codec, Entry } from './codec.js'
import type { Keys } from './envelope.js'
import { fromKeyvText, jsonCodec } from './json.js'
import { isObject, isTime, type JsonLike } from './record-schema.js'
import { sealed } from './sealed.js'

/**
 * Entries of which a store, and whoever reads it, learns no more than it needs:
 *
 *     {"value":{"version":1,"sealed":"e1.…"},"expires":1700000060000}
 *
 * Sealed is the whole entry as `jsonCodec` writes it, together with the key that it stands under: under another one it
 * cannot be opened, so that nobody who can write to the store gives himself another's session. The version must be the
 * one that is sealed. The end is the one outside, which a touch moves without opening anything.
 *
 * A session that is not sealed is none of this codec's: it could be planted. A mark has nothing to hide, and gives
 * nobody anything, so it stands as it is; but where one leads on to another place it is sealed too:
 *
 *     {"value":{"superseded":true,"sealed":"e1.…"},"expires":1700000060000}
 */
export function sealedCodec(keys: Keys): Codec {
  const envelope = sealed(keys)
  return {
    encode(entry, key) {
      const text = jsonCodec.encode(entry)
      if (entry.kind === 'superseded' && entry.next === undefined) return text
      const sealed = envelope.close(text, key)
      return entry.kind === 'superseded'
        ? JSON.stringify({ value: { superseded: true, sealed }, expires: entry.expires })
        : JSON.stringify({ value: { version: entry.version, sealed }, expires: entry.record.expires })
    },

    decode(text, key) {
      const outside = outsideOf(text)
      if (outside === undefined) return onlyMark(jsonCodec.decode(text))
      const { version, expires } = outside
      const opened = envelope.open(outside.sealed, key)
      const entry = opened && jsonCodec.decode(opened.text)
      if (entry?.kind === 'superseded') return version === undefined ? entry : undefined
      if (entry === undefined || entry.version !== version) return undefined
      return { ...entry, record: { ...entry.record, expires } }
    },
  }
}

interface Outside {
  /** None: a mark's. */
  readonly version: number | undefined
  readonly sealed: string
  readonly expires: number
}

/** Parsed rather than matched: some stores write the same in other words. */
function outsideOf(text: string): Outside | undefined {
  try {
    const { value, expires } = fromKeyvText(text) as JsonLike
    if (!isObject(value) || !isTime(expires)) return undefined
    const { version, sealed } = value
    if (typeof sealed !== 'string' || !(version === undefined || isTime(version))) return undefined
    return { version, sealed, expires }
  } catch {
    return undefined
  }
}

/** Where it leads could be planted, so it leads nowhere. */
function onlyMark(entry: Entry | undefined): Entry | undefined {
  return entry?.kind === 'superseded' ? { kind: 'superseded', expires: entry.expires } : undefined
}
