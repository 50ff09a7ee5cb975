import type { JsonObject, JsonValue } from '../codecs/record.js'
import { attempts } from '../engines/concurrency.js'
import type { Version } from '../engines/session-store.js'
import type { SessionContext } from './context.js'
import { SessionContended } from './errors.js'
import { assertJson } from './record.js'
import type { SessionState } from './state.js'

/** The session's key under which messages wait, a list for each of their own keys. */
const FLASH = 'flash'
/** Messages that wait under one key; the oldest goes first, so that no visitor can make a session grow without end. */
const MOST_WAITING = 50

type Messages = Readonly<Record<string, readonly unknown[]>>

/** @throws UnsupportedValue if JSON cannot hold `message`, @throws TypeError for a key that is no text. */
export function addMessage(state: SessionState, key: string, message: unknown): void {
  assertKey(key)
  assertJson(FLASH, message)
  const add = (present: unknown): Messages | undefined => {
    const messages = messagesIn(present)
    return withList(messages, key, [...listIn(messages, key), message].slice(-MOST_WAITING))
  }
  change(state, add)
}

/**
 * Takes all messages under `key`. Where the store keeps the session they are taken from it at once, by compare-and-set: of
 * two requests that take at the same moment one gets them. Nothing else that the request has changed is saved by that.
 * Where there are none the store is not asked. Where the cookie holds the session, each request has a copy of its own.
 *
 * @throws EngineUnavailable if the store does not answer, @throws SessionContended if others were faster every time.
 */
export async function takeMessages(
  state: SessionState,
  context: SessionContext,
  key: string,
): Promise<unknown[]> {
  assertKey(key)
  const waiting = listIn(messagesIn(state.own(FLASH)), key)
  if (waiting.length === 0) return []
  // After `clear()` they are this request's own, and what the store has goes with the commit.
  const isCleared = state.isModified && state.pending.changes.isOwn(FLASH)
  const isStored = state.id !== undefined && context.engine.capabilities.revocable && !isCleared
  if (!isStored) {
    change(state, (present) => withList(messagesIn(present), key, []))
    return [...waiting]
  }
  const taken = storedUnder(state, key).length === 0 ? NONE : await takeFromStore(state.id, context, key)
  // At once with what follows, so that no commit finds the version without what belongs to it.
  advance(state, taken)
  return [...taken.messages, ...takeOwn(state, key)].slice(-MOST_WAITING)
}

/** What the store has under `key`, as far as this request knows. */
function storedUnder({ saved }: SessionState, key: string): readonly unknown[] {
  return listIn(messagesIn(saved?.data[FLASH]), key)
}

interface Taken {
  readonly messages: readonly unknown[]
  /** The version of the record that held them, and of the one without them. */
  readonly read?: Version
  readonly written?: Version
}

const NONE: Taken = { messages: [] }

async function takeFromStore(id: string, { engine, mutex }: SessionContext, key: string): Promise<Taken> {
  return mutex.runExclusive(id, async () => {
    for await (const _ of attempts()) {
      const newest = await engine.load(id)
      // The session has ended, or another request gave it a new id: that one's visitor will see them.
      if (newest.kind !== 'found') return NONE
      const { record, version } = newest
      const messages = messagesIn(record.data[FLASH])
      const taken = listIn(messages, key)
      if (taken.length === 0) return NONE
      const { [FLASH]: _, ...others } = record.data
      const left = withList(messages, key, [])
      const data = left === undefined ? others : { ...others, [FLASH]: left as JsonValue }
      const result = await engine.update(id, { ...record, data }, version)
      if (result.kind === 'updated') return { messages: taken, read: version, written: result.version }
      if (result.kind === 'missing') return NONE
    }
    throw new SessionContended()
  })
}

/**
 * Where nobody else has written, the record is the one that the request has read but for the messages: the commit need not
 * merge. Else it does so.
 */
function advance(state: SessionState, { read, written }: Taken): void {
  const { origin } = state
  if (origin.kind !== 'live' || origin.version !== read || written === undefined) return
  state.origin = { ...origin, version: written }
}

/** Forgets what the store had, which is taken, and takes what this request has added and not saved. */
function takeOwn(state: SessionState, key: string): readonly unknown[] {
  const stored = storedUnder(state, key)
  const messages = messagesIn(state.own(FLASH))
  const list = listIn(messages, key)
  const own = list.slice(Math.max(0, list.length - ownCount(state, key, list.length - stored.length)))
  if (state.saved) {
    const { [FLASH]: before, ...others } = state.saved.data
    const left = withList(messagesIn(before), key, [])
    const data: JsonObject = left === undefined ? others : { ...others, [FLASH]: left as JsonValue }
    state.saved = { ...state.saved, data }
  }
  keep(state, withList(messages, key, own))
  if (own.length > 0) change(state, (present) => without(messagesIn(present), key, own))
  return own
}

/**
 * How many messages of the list this request has added. `more`: how many more there are than the store had. That is less
 * where the list was cut; what is pending is less where a save is under way.
 */
function ownCount(state: SessionState, key: string, more: number): number {
  if (!state.isModified) return Math.max(0, more)
  const added = messagesIn(state.pending.changes.applyTo(new Map(), FLASH).get(FLASH))
  return Math.max(0, more, listIn(added, key).length)
}

/** The messages without those that this request had added: others may have added theirs meanwhile. */
function without(messages: Messages, key: string, own: readonly unknown[]): Messages | undefined {
  const texts = own.map((message) => JSON.stringify(message))
  const left = listIn(messages, key).filter((message) => {
    const place = texts.indexOf(JSON.stringify(message))
    if (place >= 0) texts.splice(place, 1)
    return place < 0
  })
  return withList(messages, key, left)
}

/** Changes the messages, and on a conflict the newest ones in the same way. */
function change(state: SessionState, fn: (present: unknown) => Messages | undefined): void {
  const value = fn(state.own(FLASH))
  state.change().transform(FLASH, fn, value)
  keep(state, value)
}

function keep({ data }: SessionState, messages: Messages | undefined): void {
  if (messages === undefined) data.delete(FLASH)
  else data.set(FLASH, messages)
}

/** `undefined` where no message is left: then the session needs no key for them. */
function withList(messages: Messages, key: string, list: readonly unknown[]): Messages | undefined {
  const { [key]: _, ...others } = messages
  if (list.length > 0) return { ...others, [key]: list }
  return Object.keys(others).length === 0 ? undefined : others
}

function listIn(messages: Messages, key: string): readonly unknown[] {
  const list = Object.hasOwn(messages, key) ? messages[key] : undefined
  return Array.isArray(list) ? list : []
}

/** What stands under the key that is no object is an application's own, and no message. */
function messagesIn(value: unknown): Messages {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Messages) : {}
}

function assertKey(key: unknown): asserts key is string {
  if (typeof key !== 'string' || key === '')
    throw new TypeError(`flash() takes a text as its key, such as 'notice', not ${String(key)}`)
}
