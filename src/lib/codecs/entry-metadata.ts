/**
 * The two ends of an entry's text, which are all that a store has to know of it:
 *
 *     {"value":{"version":1,…},"expires":1700000060000}
 *     {"value":{"superseded":true},"expires":1700000060000}
 *
 * JSON being what it is, nothing in between can look like either: a quote inside a string bears a backslash.
 */
export type EntryMetadata =
  | { readonly kind: 'session'; readonly version: number; readonly expires: number }
  | { readonly kind: 'superseded'; readonly expires: number }

const SESSION = /^\{"value":\{"version":(\d{1,15}),/
const MARK = /^\{"value":\{"superseded":true[,}]/
/** Milliseconds, and whatever else JSON writes a number like. */
const END = /(?<="expires":)(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\}$/
/** Characters that hold the longest end. */
const TAIL = 64

/** `undefined` for a text that has neither. Says nothing about what is in between. */
export function metadataOf(text: string): EntryMetadata | undefined {
  const end = END.exec(text.slice(-TAIL))?.[1]
  if (end === undefined) return undefined
  const expires = Number(end)
  const version = SESSION.exec(text)?.[1]
  if (version !== undefined) return { kind: 'session', version: Number(version), expires }
  return MARK.test(text) ? { kind: 'superseded', expires } : undefined
}

/** The same text with another end: milliseconds since 1970. For a text that `metadataOf` knows. */
export function withExpiry(text: string, expires: number): string {
  return text.slice(0, -TAIL) + text.slice(-TAIL).replace(END, `${expires}}`)
}
