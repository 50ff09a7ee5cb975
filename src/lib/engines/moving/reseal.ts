import type { SessionEntry } from '../../codecs/codec.js'
import { jsonCodec } from '../../codecs/json-codec.js'
import type { Engine, EngineTools } from '../engine.js'
import { isLeaseKey, isSessionKey } from '../ids.js'
import { readLatest, type SessionStore, type StoredEntry } from '../session-store.js'
import { StoreEngine } from '../store-engine.js'
import { countedStore } from './counted-store.js'
import { markIn } from './marks.js'
import type { Finding, Mover } from './mover.js'
import { PROCESS_LIST } from './processes.js'

/** What stands there, and what it says. */
interface Outdated {
  readonly stored: StoredEntry
  readonly entry: SessionEntry
}

/**
 * Writes anew what the codec would write in another way now: what is not sealed yet, or with a key that is to be retired.
 * Version and end stay as they are, and the write has the version as its condition. So a request that read the session
 * before can still write it, and what it wrote meanwhile stays. Only a touch at the same moment can get lost: the next use
 * of the session is written instead.
 */
export class Resealer implements Mover {
  readonly #store: SessionStore
  readonly #codec
  readonly #clock: () => number
  readonly #keyPrefix: string

  /** `undefined` for an engine that is not on a store, or whose store cannot list what it holds. */
  static of(engine: Engine, { clock }: EngineTools): Resealer | undefined {
    const parts = StoreEngine.partsOf(engine)
    return parts?.store.keys === undefined ? undefined : new Resealer({ ...parts, clock })
  }

  private constructor({ store, codec = jsonCodec, clock, keyPrefix = 'keyv' }: ResealerParts) {
    this.#store = countedStore(store)
    this.#codec = codec
    this.#clock = clock
    this.#keyPrefix = keyPrefix
  }

  async *keys(): AsyncGenerator<readonly string[], void> {
    // Leases and the list of processes are always plain JSON.
    const isPlain = (key: string): boolean =>
      isLeaseKey(key, this.#keyPrefix) || key === `${this.#keyPrefix}:${PROCESS_LIST}`
    for await (const page of this.#store.keys?.() ?? []) yield page.filter((key) => !isPlain(key))
  }

  async find(key: string): Promise<Finding> {
    const found = await this.#look(key)
    return typeof found === 'string' ? found : 'left'
  }

  async bring(key: string): Promise<void> {
    const found = await this.#look(key)
    if (typeof found === 'string') return
    const { stored, entry } = found
    const record = { ...entry.record, expires: stored.expires }
    const text = this.#codec.encode({ kind: 'session', record, version: entry.version }, key)
    const isProtected = record.user !== undefined || !isSessionKey(key, this.#keyPrefix)
    // Refused if somebody has written it meanwhile, and with that anew.
    await this.#store.replace(key, { ...stored, text, isProtected }, entry.version, this.#clock())
  }

  async #look(key: string): Promise<Outdated | Finding> {
    const stored = await readLatest(this.#store, key)
    if (stored?.version === undefined || stored.expires <= this.#clock() || markIn(stored)) return 'gone'
    const entry = this.#codec.decode(stored.text, key)
    if (entry?.kind !== 'session') return 'unreadable'
    return entry.outdated ? { stored, entry } : 'gone'
  }
}

type ResealerParts = Pick<
  NonNullable<ReturnType<typeof StoreEngine.partsOf>>,
  'store' | 'codec' | 'keyPrefix'
> &
  Pick<EngineTools, 'clock'>
