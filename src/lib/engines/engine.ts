import type { SessionRecord } from '../codecs/record.js'
import type { Loaded } from './loaded.js'
import type { Revocations } from './revocations.js'
import type { SessionIndex } from './session-index.js'

export type { Loaded, Missing } from './loaded.js'

/**
 * Where sessions are kept. An engine stores records under ids and decides nothing else: what a request means for
 * its session is decided in `session/`.
 *
 * Missing, conflict and undecodable are values. Only a store that cannot answer throws, and then always
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
   */
  load(id: string): Promise<Loaded>

  /**
   * Stores `record` under a new id and answers the id that the cookie is to carry. Insert only: should the new id
   * be taken, another is made and the record already there is not touched (S06). Its version is 1.
   */
  create(record: SessionRecord, announce?: Announce): Promise<string>

  /**
   * Replaces the record if it is alive and still has `version`; one atomic step, so that of two writers who read
   * the same version exactly one is `updated` (S69).
   */
  update(id: string, record: SessionRecord, version: number): Promise<Updated>

  /**
   * Moves the moment at which the session ends: milliseconds since 1970. Carries no data and leaves the version as
   * it is, so that a reader can neither overwrite a writer nor make it repeat its work.
   */
  touch(id: string, expires: number): Promise<Touched>

  /**
   * Moves the session to a new id in one atomic step: the old id is dead at once and for a minute reads as
   * `superseded`, because requests which the browser sent before it had the new cookie are still on their way.
   */
  rotate(id: string, record: SessionRecord, version: number, how?: Rotation): Promise<Updated>

  /**
   * EntryMetadata the session. `missing` is success too: somebody else ended it, or its time was over. `superseded` tells that
   * it lives on under an id that this one's holder does not know; its mark stays.
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

  /** How sessions are found otherwise than by their ids. An engine without it can neither list nor revoke a user's. */
  readonly index?: SessionIndex

  /** How all sessions of a user are ended where none can be found. Of an engine with a index it is not asked. */
  readonly revocations?: Revocations

  /**
   * For engines whose writes each make a new id: what the ids of one session have in common until it is rotated, as hard
   * to guess as an id. Read from `id` alone and at once, expired or not; `undefined` if it is none of this engine's. An
   * engine without this method keeps a session's id until `rotate`.
   */
  anchorOf?(id: string): string | undefined

  /** Finishes what is under way and lets go of files, sockets and timers. */
  close(): Promise<void>
}

/**
 * Hears the place where a session is about to stand, before it stands there; what it throws is thrown on, and nothing
 * was written then. So a list of places may hold one that is empty, but never lacks one that is taken (S31).
 */
export type Announce = (place: string) => Promise<void>

export interface Rotation {
  /**
   * For how long the old id still leads to the session, in milliseconds: a renewal that nobody asked for must not fail
   * the requests under way (S24). Default: not at all.
   */
  readonly grace?: number
  readonly announce?: Announce
}

/** What really differs between engines. */
export interface Capabilities {
  /** Whether ending a session makes every copy of its id worthless. */
  readonly revocable: boolean
  /** Whether several processes see the same sessions. */
  readonly shared: boolean
  /** Whether the engine can list what it holds. */
  readonly enumerable: boolean
  /** How long a `load` may be behind what other processes wrote, in milliseconds. Default: not at all. */
  readonly staleFor?: number
}

/** A record as it is stored. */
export interface Stored {
  /** What the store knows the record by: never an id (S05). */
  readonly key: string
  readonly text: string
}

export type Updated =
  | {
      readonly kind: 'updated'
      /** The id that the cookie is to carry from now on. */
      readonly id: string
      readonly version: number
    }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'missing' }

export type Touched =
  | {
      readonly kind: 'touched'
      /** The id that the cookie is to carry from now on: another one only where the cookie itself holds the end. */
      readonly id: string
    }
  | { readonly kind: 'missing' }
