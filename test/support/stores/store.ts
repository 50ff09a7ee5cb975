import type { EngineFactory } from '../../../src/lib/engines/engine.js'
import type { EngineName } from '../../../src/lib/engines/names.js'
import type { EngineOptions } from '../../../src/lib/engines/registry.js'

/** What an engine needs to stand on the bench. */
export interface EngineUnderTest {
  readonly title: string
  /** The same in a few letters, at the head of a column. */
  readonly head: string
  /** Its name; for an engine that has none, the store makes it. */
  readonly engine?: EngineName
  /** The session is in the cookie: what ended is not gone, and each write makes another id. Default: it is not. */
  readonly inCookie?: boolean
  /** Other processes see nothing of its sessions. Default: they do. */
  readonly oneProcess?: boolean
  /** What its store knows an id by. Default: its hash. */
  readonly keyOf?: (id: string) => string
  /** Written like an id of this engine, and never issued. Default: 32 characters. */
  readonly unknownId?: string
  /** The Debian package to install, if the server that this engine needs is not on this machine. */
  readonly missing?: string
  /** Prepares an empty store. */
  prepare(): Promise<Store>
}

/** An empty store, for one test. */
export interface Store {
  readonly options: Partial<EngineOptions>
  /** Makes the engine that has no name. */
  readonly factory?: EngineFactory
  /** Writes `text` over what stands under `key`, which is without the prefix here. */
  readonly damage?: (key: string, text: string) => Promise<void>
  /** Everything that the store holds, as one text. */
  readonly dump?: () => Promise<string>
  discard(): Promise<void>
}
