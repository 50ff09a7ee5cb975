import { randomInt } from 'node:crypto'
import { fromKeyvText, toKeyvText } from '../../codecs/json-codec.js'
import { isObject } from '../../codecs/record.js'
import type { StoredEntry } from '../session-store.js'

/**
 * How far the move of one entry has come. In the old store: `leaving` holds the text that is to arrive, `ended` holds
 * none and is removed next. In the new store: `arriving` keeps the place, `arrived` holds the text, and `vacant` is a place
 * that nothing came to.
 */
export type MarkKind = 'leaving' | 'ended' | 'arriving' | 'arrived' | 'vacant'

/** An entry that stands in the place of a session while that moves. */
export interface Mark {
  readonly kind: MarkKind
  /** Of `leaving`: as the old store had it. Of `arrived`: as the new one is to have it. Else empty. */
  readonly text: string
}

/** A mark as it stands in a store. */
export interface MarkEntry extends StoredEntry {
  readonly version: number
}

/** Versions of marks are from here on: no session is changed so often, so none has the version of a mark. */
const LEAST = 2 ** 47
/** 15 digits, as many as a version may have. */
const MOST = 2 ** 48

const KIND =
  /^\{"value":\{"version":\d{1,15},"superseded":true,"move":"(leaving|ended|arriving|arrived|vacant)"/
const MOVED = /^\{"value":\{"superseded":true,"move":"moved"[,}]/

/**
 * A mark with a version that was drawn, so that whoever replaces it by its version replaces this very mark. It reads as
 * superseded for a process that knows nothing of moves: such a process answers 400 to a write, and neither loses nor
 * revives anything.
 */
export function markEntry(kind: MarkKind, expires: number, text = ''): MarkEntry {
  const version = randomInt(LEAST, MOST)
  const value = { version, superseded: true, move: kind, ...(text !== '' && { text }) }
  return { text: toKeyvText({ value, expires }), expires, version }
}

/** The mark that `entry` is; `undefined` for a session and for a tombstone. */
export function markIn(entry: StoredEntry): Mark | undefined {
  const kind = KIND.exec(entry.text)?.[1]
  if (kind === undefined || entry.version === undefined) return undefined
  const parsed = fromKeyvText(entry.text)
  const value = isObject(parsed) ? parsed.value : undefined
  const text = isObject(value) && typeof value.text === 'string' ? value.text : ''
  return { kind: kind as MarkKind, text }
}

/** What the old store keeps of an entry that has moved: nobody can replace, extend or remove it. */
export function movedTombstone(expires: number): StoredEntry {
  return {
    text: toKeyvText({ value: { superseded: true, move: 'moved' }, expires }),
    expires,
    version: undefined,
  }
}

/** Whether `entry` says that the new store has, or had, what stood here. */
export function isMovedTombstone({ text, version }: StoredEntry): boolean {
  return version === undefined && MOVED.test(text)
}
