import type { Codec, Entry } from './codec.js'
import { SealedEnvelope } from './envelope.js'
import { fromKeyvText, jsonCodec } from './json-codec.js'
import type { Keys } from './keys.js'
import { isObject, isTime, type JsonLike, type SessionRecord } from './record.js'

/** Whether what is not sealed is read all the same, where it stands at that key. */
export type IsAccepted = (record: SessionRecord, key: string) => boolean

/**
 * Encrypted entries. A store, and whoever reads it, sees only what a store needs:
 *
 *     {"value":{"version":1,"sealed":"e1.…"},"expires":1700000060000}
 *
 * The sealed part is the whole entry as `jsonCodec` writes it. The key that it is stored under is authenticated with it:
 * whoever can write to the store cannot give themselves another visitor's session by copying its text. The version
 * outside must be the sealed one. The end outside counts, so that a touch can move it without decrypting anything.
 *
 * A session that is not sealed is refused: somebody may have planted it. `isAccepted` makes an exception for the time in
 * which a store that was plain becomes a sealed one. A tombstone holds no data and gives access to
 * nothing, so it is written plainly; one that names where the session has moved to is sealed too:
 *
 *     {"value":{"superseded":true,"sealed":"e1.…"},"expires":1700000060000}
 */
export function sealedCodec(keys: Keys, isAccepted: IsAccepted = () => false): Codec {
  const envelope = new SealedEnvelope(keys)
  return {
    encode(entry, key) {
      const text = jsonCodec.encode(entry)
      if (entry.kind === 'superseded' && entry.next === undefined) return text
      const sealed = envelope.close(text, key)
      return entry.kind === 'superseded'
        ? `{"value":{"superseded":true,"sealed":"${sealed}"},"expires":${entry.expires}}`
        : `{"value":{"version":${entry.version},"sealed":"${sealed}"},"expires":${entry.record.expires}}`
    },

    decode(text, key) {
      const outer = parseOuter(text)
      if (outer === undefined) return unsealed(jsonCodec.decode(text), key, isAccepted)
      const opened = envelope.open(outer.sealed, key)
      const entry = opened && jsonCodec.decode(opened.text)
      if (entry?.kind === 'superseded') return outer.version === undefined ? entry : undefined
      if (entry === undefined || entry.version !== outer.version) return undefined
      const record = { ...entry.record, expires: outer.expires }
      return { ...entry, record, ...(opened?.outdated && { outdated: true }) }
    },
  }
}

interface Outer {
  /** `undefined` for a tombstone. */
  readonly version: number | undefined
  readonly sealed: string
  readonly expires: number
}

/** Parsed, not matched: some stores change the spelling of the JSON that they store. */
function parseOuter(text: string): Outer | undefined {
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

/** Somebody may have planted where a tombstone leads, so it leads nowhere. */
function unsealed(entry: Entry | undefined, key: string, isAccepted: IsAccepted): Entry | undefined {
  if (entry?.kind === 'superseded') return { kind: 'superseded', expires: entry.expires }
  return entry !== undefined && isAccepted(entry.record, key) ? { ...entry, outdated: true } : undefined
}
