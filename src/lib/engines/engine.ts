import type { Codec } from '../codecs/codec.js'
import type { JsonObject, SessionRecord, WrittenKeys } from '../codecs/record.js'
import type { Logger } from '../logger.js'
import type { Listen, Version } from './session-store.js'

/**
 * Where sessions are kept, as the session layer sees it. For a store of your own implement `SessionStore` and hand it to
 * `storeEngine`. Implement `Engine` itself only for what is no store, as `signed_cookies` is none.
 *
 * Missing, conflict, taken and undecodable are values. Only a store that cannot answer throws, and then always
 * `EngineUnavailable`; no call waits for ever.
 */
export interface Engine {
  /** The engine's name in settings and messages. */
  readonly name: string
  readonly capabilities: Capabilities

  /**
   * Whether `text` could be an id of this engine. Looks at its characters only, so that a malformed cookie never
   * reaches the store (S04). An engine without this method is asked with `load`.
   */
  isId?(text: string): boolean

  /**
   * The session under `id`. Unknown, expired, malformed and undecodable are all `missing`: nobody outside can tell
   * them apart (S19), `why` is for events alone. A record whose `expires` is exactly now has expired.
   *
   * The record is the caller's own. With `isReadOnly` the caller promises to change nothing of it, and to hand nothing of it
   * out but copies; so an engine that remembers records may answer the one that it remembers. Default: false.
   */
  load(id: string, isReadOnly?: boolean): Promise<Loaded>

  /**
   * Stores `record` under a new id, which the session layer has drawn, and answers the id that the cookie is to carry.
   * Insert only: `taken`, and nothing changed, if anything stands there (S06).
   */
  create(id: string, record: SessionRecord): Promise<Created>

  /**
   * Replaces the record if it is alive and still has `version`; one atomic step, so that of two writers who read
   * the same version exactly one is `updated` (S69).
   *
   * `written` is for an engine whose sessions hold more than a record can say, as Django's do: what was not written goes back
   * as it stood there. Default: what differs was written.
   */
  update(id: string, record: SessionRecord, version: Version, written?: WrittenKeys): Promise<Updated>

  /**
   * Moves the moment at which the session ends: milliseconds since 1970. Carries no data and leaves the version as
   * it is, so that a reader can neither overwrite a writer nor make it repeat its work.
   */
  touch(id: string, expires: number): Promise<Touched>

  /**
   * Moves the session to a new id in one atomic step: the old id is dead at once and for a minute reads as
   * `superseded`, because requests which the browser sent before it had the new cookie are still on their way.
   */
  rotate(rotation: Rotation): Promise<Rotated>

  /**
   * Ends the session. `missing` is success too: somebody else ended it, or its time was over. `superseded`: it lives on
   * under an id that this one's holder does not know; its tombstone stays.
   */
  delete(id: string): Promise<'deleted' | 'missing' | 'superseded'>

  /** Removes at most `limit` expired records and answers how many went. Never one that was extended meanwhile. */
  clearExpired(limit: number): Promise<number>

  /**
   * Whether the caller may do for `milliseconds` what only one process at a time should: true for the one that asked
   * first. An engine without this method has no other process beside it, or does not mind.
   */
  lease?(name: string, milliseconds: number): Promise<boolean>

  /**
   * What stands under `id` in the store, word for word: for people who want to look, on no request's way. An engine
   * without this method shows nothing of how it stores.
   */
  inspect?(id: string): Promise<Stored | undefined>

  /**
   * The id that is to take the place of `id`, made from one that was drawn. For stores that move a session in one step
   * only between related keys, as a Redis cluster does. Default: the drawn id.
   */
  successorOf?(id: string, drawn: string): string

  /** How sessions are found otherwise than by their ids. An engine without it can neither list nor revoke a user's. */
  readonly index?: SessionIndex

  /** How all sessions of a user are ended where none can be found. Of an engine with an index it is not asked. */
  readonly revocations?: Revocations

  /**
   * For engines whose writes each make a new id: what the ids of one session have in common until it is rotated, as hard
   * to guess as an id. Read from `id` alone and at once, expired or not; `undefined` if it is none of this engine's. An
   * engine without this method keeps a session's id until `rotate`.
   */
  anchorOf?(id: string): string | undefined

  /** Finishes what is under way and releases files, sockets and timers. A second call does nothing. */
  close(): Promise<void>
}

/** What really differs between engines. */
export interface Capabilities {
  /** Whether ending a session makes every copy of its id worthless. */
  readonly revocable: boolean
  /** Whether several processes see the same sessions. */
  readonly shared: boolean
  /** How long a `load` may be behind what other processes wrote, in milliseconds. Default: not at all. */
  readonly staleFor?: number
  /**
   * The application that reads and writes the same sessions, such as Django. It knows neither who is logged in here nor what
   * marks an id that was rotated away: `login` is refused, and an id that is not known may be one of those.
   */
  readonly sharedWith?: string
  /** Keys of the data that a session must not set, since something else stands there; and what to do instead. */
  readonly reservedKeys?: Readonly<Record<string, string>>
  /** No session can end later: milliseconds since 1970. Default: the last moment of JavaScript's dates. */
  readonly lastMoment?: number
}

/** What stands under an id, or at a key of the store. */
export type Loaded =
  | {
      readonly kind: 'found'
      readonly record: SessionRecord
      readonly version: Version
      /** How many times the session was renewed since it had this id, which still leads to it. */
      readonly renewed?: number
      /** The id is still good, but not for long: a touch with the same end is to make another (S54). */
      readonly outdated?: true
    }
  | Missing
  | { readonly kind: 'superseded' }

/** There is no session: none ever was, or it ended. */
export interface Missing {
  readonly kind: 'missing'
  /** What stands there all the same, if the engine has seen it. `superseded`: a tombstone whose minute is over. */
  readonly why?: 'expired' | 'undecodable' | 'superseded'
  /** Of what has expired: all but its data. */
  readonly life?: Omit<SessionRecord, 'data'>
}

export const MISSING = { kind: 'missing' } as const satisfies Loaded
export const SUPERSEDED = { kind: 'superseded' } as const satisfies Loaded
export const CONFLICT = { kind: 'conflict' } as const satisfies Updated

/** `id`: what the cookie is to carry. */
export type Created =
  | { readonly kind: 'created'; readonly id: string; readonly version: Version }
  | { readonly kind: 'taken' }

/** What became of an update. `conflict`: the session has another version, and nothing was changed. */
export type Updated =
  | { readonly kind: 'updated'; readonly id: string; readonly version: Version }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'missing' }

/** What became of a touch. */
export type Touched =
  /** `id`: another one only where the cookie itself holds the end. */
  { readonly kind: 'touched'; readonly id: string } | { readonly kind: 'missing' }

/** A session's way to a new id: what is to stand there, and the version that it must still have at the old one. */
export interface Rotation {
  readonly id: string
  /** The new id, which the session layer has drawn. */
  readonly to: string
  readonly record: SessionRecord
  readonly version: Version
  /**
   * Whether the old id still leads to the session, as `record.renewal` says: a renewal that nobody asked for must not fail
   * the requests under way, nor log anybody out whose answer got lost (S24). Default: it is dead at once.
   */
  readonly isRenewal?: boolean | undefined
  /** As in `update`. */
  readonly written?: WrittenKeys
}

/** What became of a rotation. `taken`: something stands at the new id, and nothing was changed. */
export type Rotated = Updated | { readonly kind: 'taken' }

/** A record as it is stored. */
export interface Stored {
  /** What the store knows the record by: never an id (S05). */
  readonly key: string
  readonly text: string
}

/**
 * Sessions by their keys, and small lists by name to keep keys in. A key is what the store knows a session by: on this
 * server it leads to the session, in a cookie to nothing (S05). Reads are never behind what other processes wrote.
 */
export interface SessionIndex {
  /** The key at which the session with `id` stands. */
  keyOf(id: string): string
  /** As the engine's own `load`. */
  load(key: string): Promise<Loaded>
  /**
   * Ends the session at `key`. Where none stands, none can be put for a minute: whoever announced the key and has not
   * arrived yet finds it taken. `superseded`: it has moved on.
   */
  evict(key: string): Promise<'deleted' | 'missing' | 'superseded'>
  /** The list called `name`. Expired is missing; one that cannot be read is not (`isDamaged`). */
  read(name: string): Promise<IndexList | undefined>
  /**
   * Writes the list if it still has `version`; `undefined`: if there is none. False: somebody was faster. It is kept
   * until `expires`, milliseconds since 1970.
   */
  write(name: string, list: JsonObject, expires: number, version: Version | undefined): Promise<boolean>
  /**
   * What has become of the session that stood at `key`, for those who watch it: as `load`, and on to the key where renewals
   * have moved it, also when the old id no longer leads there. An index without this method cannot follow: the engine is
   * asked with its own `load` then.
   */
  follow?(key: string): Promise<Followed>
  /**
   * Calls `listener` soon after a session has ended or moved, here or in another process, with the key where it stood;
   * `failed` when that cannot be told. Answers a function that stops it. Messages may get lost. Where a store cannot tell,
   * there is no such method, and those who watch read every second.
   */
  readonly listen?: Listen | undefined
  /**
   * All sessions that are alive, a page at a time, for when a user's list is not to be relied on. A session that gets
   * another key meanwhile can be left out. Only where the store can list its keys.
   */
  readonly scan?: (() => AsyncIterable<readonly ScannedSession[]>) | undefined
}

/** A session that was met by going through the whole store. */
export interface ScannedSession {
  readonly key: string
  /** `undefined`: its text cannot be read here. It may be damaged, or sealed with a key that this process lacks. */
  readonly record: SessionRecord | undefined
}

/** What was found at a key, or where it led. */
export interface Followed {
  readonly key: string
  readonly loaded: Loaded
}

/** A user's list, as it is stored. */
export interface IndexList {
  readonly list: JsonObject
  /** Milliseconds since 1970. */
  readonly expires: number
  /** `undefined` for a list that cannot be read. */
  readonly version: Version | undefined
  /**
   * A list stands there and cannot be read: it is damaged, or sealed with a key that is gone. `list` is empty then, and
   * `write` without a version puts another one in its place. The reader decides what security demands.
   */
  readonly isDamaged?: true
}

/** How a user's sessions are ended where none of them is kept: all that were issued so far, at once (S33). */
export interface Revocations {
  /**
   * Ends every session of the user. `keep`: the id of one that goes on; answers the id that it has from now on, and
   * `undefined` if it had ended already. The id of a session that is not the user's comes back as it is.
   */
  revokeUser(userId: string, keep?: string): Promise<string | undefined>
}

/** What an engine is handed rather than takes: time, where to log, how records are written. */
export interface EngineTools {
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
  /** How records become texts at rest. Default: as JSON that anybody can read. */
  readonly codec?: Codec
}

/** Makes an engine with what it must not take for itself. */
export type EngineFactory = (tools: EngineTools) => Engine | Promise<Engine>
