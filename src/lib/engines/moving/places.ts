import type { Engine, EngineTools, SessionIndex } from '../engine.js'
import type { Claims } from './claims.js'
import type { Source } from './source.js'

/** An engine and the id that a session has there. */
export interface EngineAndId {
  readonly engine: Engine
  readonly id: string
  /** Whether the request has another id. */
  readonly isOld: boolean
}

export interface PlacesParts {
  readonly source: Source
  readonly to: Engine
  readonly claims: Claims
  readonly tools: EngineTools
  /** How long sessions live, at the least: milliseconds. */
  readonly cookieAge: number
}

/** Where the session is that an id leads to, while sessions move. */
export class Places {
  readonly #parts: PlacesParts

  constructor(parts: PlacesParts) {
    this.#parts = parts
  }

  /** Whether it can be no id of the new engine. */
  isOld(id: string): boolean {
    const { to } = this.#parts
    return this.mayBeOld(id) && to.isId !== undefined && !to.isId(id)
  }

  mayBeOld(id: string): boolean {
    return this.#parts.source.engine.isId?.(id) ?? true
  }

  /** The id in the new engine, for a session that this process has loaded with `id`. */
  known(id: string): string {
    const { claims, source } = this.#parts
    return (this.mayBeOld(id) && claims.known(source.claimOf(id))) || id
  }

  /** `undefined`: it was ended. */
  async of(id: string): Promise<EngineAndId | undefined> {
    const { source, to, claims } = this.#parts
    if (!this.mayBeOld(id)) return { engine: to, id, isOld: false }
    const name = source.claimOf(id)
    const newId = claims.known(name)
    if (newId !== undefined) return { engine: to, id: newId, isOld: true }
    if (!this.isOld(id) && (await to.load(id)).kind !== 'missing') return { engine: to, id, isOld: false }
    const claim = await claims.read(name)
    if (claim?.kind === 'moved') return { engine: to, id: claim.newId, isOld: true }
    return claim === undefined ? { engine: source.engine, id, isOld: true } : undefined
  }

  async isClaimed(id: string): Promise<boolean> {
    const { claims, source } = this.#parts
    return (await claims.read(source.claimOf(id))) !== undefined
  }

  /** Makes `id`, which is good until `expires`, lead nowhere. False: somebody else has moved or ended the session. */
  end(id: string, expires: number): Promise<boolean> {
    const { claims, source, tools } = this.#parts
    return claims.end(source.claimOf(id), tools.clock(), this.until(expires))
  }

  /** Takes `end` back. */
  release(id: string): Promise<void> {
    const { claims, source, tools } = this.#parts
    return claims.release(source.claimOf(id), tools.clock())
  }

  /** Until when an id could be good whose session ends at `expires`: milliseconds since 1970. */
  until(expires: number): number {
    const { tools, cookieAge } = this.#parts
    return Math.max(expires, tools.clock() + cookieAge)
  }
}

/** The same index, under other keys. */
export function indexWith(index: SessionIndex, keyOf: (id: string) => string): SessionIndex {
  return {
    keyOf,
    load: (key) => index.load(key),
    evict: (key) => index.evict(key),
    read: (name) => index.read(name),
    write: (...list) => index.write(...list),
    ...(index.follow && {
      follow: (key: string) => index.follow?.(key) as ReturnType<NonNullable<SessionIndex['follow']>>,
    }),
    ...(index.listen && { listen: index.listen }),
    ...(index.scan && { scan: index.scan }),
  }
}
