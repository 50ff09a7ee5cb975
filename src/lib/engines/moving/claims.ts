import { LRUCache } from 'lru-cache'
import { SealedEnvelope } from '../../codecs/envelope.js'
import { keysFor } from '../../codecs/keys.js'
import type { IndexList, SessionIndex } from '../engine.js'
import { EngineUnavailable } from '../errors.js'

/** What has become of an old id. */
export type Claim =
  /** It leads to a session of the store, or to nothing when that has ended. */
  | { readonly kind: 'moved'; readonly newId: string }
  /** It was ended before it moved: when, in milliseconds since 1970. */
  | { readonly kind: 'ended'; readonly at: number }

/** The number of old ids whose new ones are remembered, for what has to be known at once. */
const REMEMBERED = 10_000
const UNREADABLE =
  'where a session has moved cannot be read: all processes need a SECRET_KEY, or one of SECRET_KEY_FALLBACKS, in common'

/**
 * Who moved a session, or ended it: an entry that only one can insert for each old id. It names the new id, which was drawn,
 * so two processes never make a session at one id. A store holds no id that a cookie could carry, so the new id is sealed;
 * with each key that the process has, so that every process which shares one of them can read it while keys are rotated.
 */
export class Claims {
  readonly #index: SessionIndex
  readonly #sealing: readonly SealedEnvelope[]
  readonly #opening: SealedEnvelope
  readonly #known = new LRUCache<string, string>({ max: REMEMBERED })

  constructor(index: SessionIndex, secretKeys: readonly [string, ...string[]]) {
    this.#index = index
    const keys = keysFor('tessera moved ids', secretKeys)
    this.#sealing = keys.map((key) => new SealedEnvelope([key]))
    this.#opening = new SealedEnvelope(keys)
  }

  /** The new id, where this process has read or made the claim. It never changes. */
  known(name: string): string | undefined {
    return this.#known.get(name)
  }

  /** @throws EngineUnavailable for one that this process cannot read. */
  async read(name: string): Promise<Claim | undefined> {
    const held = await this.#index.read(name)
    if (held === undefined) return undefined
    const { at } = held.list
    if (typeof at === 'number') return { kind: 'ended', at }
    const newId = this.#openedFrom(name, held)
    if (newId === undefined) throw new EngineUnavailable(UNREADABLE)
    this.#known.set(name, newId)
    return { kind: 'moved', newId }
  }

  /** From here on the old id leads to `newId`. False: somebody else has moved or ended it. */
  async move(name: string, newId: string, until: number): Promise<boolean> {
    const ids = this.#sealing.map((envelope) => envelope.close(newId, name))
    const isDone = await this.#index.write(name, { ids }, until, undefined)
    if (isDone) this.#known.set(name, newId)
    return isDone
  }

  /** From here on the old id leads nowhere, and never moves. False: somebody else has moved or ended it. */
  end(name: string, at: number, until: number): Promise<boolean> {
    return this.#index.write(name, { at }, until, undefined)
  }

  /** Takes `end` back. */
  async release(name: string, now: number): Promise<void> {
    const held = await this.#index.read(name)
    if (held?.version !== undefined && held.list.at !== undefined)
      await this.#index.write(name, {}, now, held.version)
  }

  #openedFrom(name: string, { list: { ids } }: IndexList): string | undefined {
    if (!Array.isArray(ids)) return undefined
    for (const sealed of ids) {
      const opened = typeof sealed === 'string' ? this.#opening.open(sealed, name) : undefined
      if (opened !== undefined) return opened.text
    }
    return undefined
  }
}
