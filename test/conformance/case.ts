import type { SessionRecord } from '../../src/codecs/record.js'
import type { Engine } from '../../src/engines/contract.js'
import type { EngineOptions } from '../../src/engines/registry.js'

/** An engine opened for one case, with its time and its ids in the case's hand. */
export interface Bench {
  readonly engine: Engine
  /** Milliseconds since 1970; moves only when a case moves it. */
  now: number
  /** Ids to hand out before fair ones: what a broken generator would do. */
  readonly nextIds: string[]
  /** What the engine logged. */
  readonly warnings: string[]
  /** Another engine on the same store, as another process would have it; only where the engine is shared. */
  another(options?: Partial<EngineOptions>): Promise<Engine>
  /** Written like an id of the engine, and never issued. */
  readonly unknownId: string
  /** Writes `text` over what the store holds under `id`, as an accident would; where the store can be reached. */
  readonly damage?: (id: string, text: string) => Promise<void>
  /** Everything that the store holds, as one text; where it can be reached. */
  readonly dump?: () => Promise<string>
}

/** One promise of the engine contract. Throws if the engine does not keep it. */
export interface Case {
  readonly title: string
  readonly run: (bench: Bench) => Promise<void>
  /** Whether the case makes sense for this engine; the reason stands in its capabilities. */
  readonly applies?: (bench: Bench) => boolean
}

/** A record that lives for `seconds` from the bench's now. */
export function record(bench: Bench, data: SessionRecord['data'] = {}, seconds = 60): SessionRecord {
  return { data, createdAt: bench.now, expires: bench.now + seconds * 1000 }
}

/** Whether the engine keeps the session: only then are ids stable, versions counted, and ended sessions gone. */
export function isRevocable({ engine }: Bench): boolean {
  return engine.capabilities.revocable
}

/** Lets so much time pass that what one process wrote is seen by every other. */
export function settle(bench: Bench): void {
  bench.now += bench.engine.capabilities.staleFor ?? 0
}
