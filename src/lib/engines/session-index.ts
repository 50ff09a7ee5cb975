import type { JsonObject } from '../codecs/record.js'
import type { Loaded } from './loaded.js'

/**
 * Sessions by their places, and small lists by name to keep places in. A place is what the store knows a session by: on
 * this server it leads to the session, in a cookie to nothing (S05).
 */
export interface SessionIndex {
  keyOf(id: string): string
  /** As the engine's own `load`, and never behind what other processes wrote. */
  load(place: string): Promise<Loaded>
  /**
   * EntryMetadata the session at `place`. Where none stands, none can be put for a minute: whoever announced the place and has
   * not moved in yet finds it taken. `superseded`: it has moved on.
   */
  evict(place: string): Promise<'deleted' | 'missing' | 'superseded'>
  /** The list called `name`: as `load` never behind. Expired is missing. */
  read(name: string): Promise<IndexList | undefined>
  /**
   * Writes the list if it still has `version`; `undefined`: if there is none. False: somebody was faster. It is kept
   * until `expires`, milliseconds since 1970.
   */
  write(name: string, list: JsonObject, expires: number, version: number | undefined): Promise<boolean>
}

export interface IndexList {
  readonly list: JsonObject
  readonly expires: number
  readonly version: number
}
