import type { Codec } from '../codecs/codec.js'
import type { Engine, EngineFactory, EngineTools } from '../engines/engine.js'
import { engineFrom } from '../engines/given-engine.js'
import { generateId } from '../engines/ids.js'
import type { SessionStore } from '../engines/session-store.js'
import { StoreEngine } from '../engines/store-engine.js'

/** 2026-01-01, some milliseconds after a full second, so that nothing that truncates goes unnoticed. */
const START = Date.UTC(2026, 0, 1) + 123

/**
 * A store that holds nothing yet, for one case. `Options` are what your own cases want engines opened with; those of
 * the suite ask for none.
 */
export interface EmptyStore<Options = never> {
  /**
   * What `openSessions({ engine })` would get: an engine on the store, or what `storeEngine` answers. Each call is for
   * another process, which has an engine of its own. The time comes from `tools` and nowhere else: cases move the clock.
   */
  open(tools: EngineTools, options?: Options): Engine | EngineFactory | Promise<Engine>
  /** Written like an id of the engine, and never issued. Default: 32 letters, like those that the session layer draws. */
  readonly unknownId?: string
  /**
   * Writes `text` over the text that the store holds under `key`, as an accident would; where the engine has no index
   * it gets the id instead. Left out: those cases are skipped, as with the next two.
   */
  damage?(key: string, text: string): Promise<void>
  /** Everything that the store holds, as one text, keys too. */
  dump?(): Promise<string>
  /** Takes the store down: from now on it answers nothing, as in an outage. */
  takeDown?(): Promise<void>
  /** Throws the store away, when all its engines are closed. */
  discard?(): Promise<void>
}

/** An engine opened for one case, with its time and its ids in the case's hand. */
export interface Bench<Options = never> {
  readonly engine: Engine
  /** Milliseconds since 1970; moves only when a case moves it. */
  now: number
  /** Ids to draw before fair ones: what a broken generator would do. */
  readonly nextIds: string[]
  /** Draws an id, as the session layer would. */
  readonly draw: () => string
  /** What the engines logged. */
  readonly warnings: readonly string[]
  /** The store beneath the engine, where `storeEngine` made it. */
  readonly store: SessionStore | undefined
  /** Another engine on the same store, as another process would have it; only where the engine is shared. */
  another(options?: Options): Promise<Engine>
  /** Another engine with `codec` among its tools. On the same store only where the engine is shared. */
  withCodec(codec: Codec): Promise<Engine>
  /** Written like an id of the engine, and never issued. */
  readonly unknownId: string
  /** Writes `text` over the text of the session with `id`. */
  damage?(id: string, text: string): Promise<void>
  /** Everything that the store holds, as one text, keys too. */
  dump?(): Promise<string>
  /** Takes the store down: from now on it answers nothing. */
  takeDown?(): Promise<void>
  /** Closes every engine and throws the store away. */
  close(): Promise<void>
}

/**
 * Opens an engine on the store.
 *
 * @throws EngineMisconfigured if what the store opens is no engine; the message says what it lacks.
 */
export async function openBench<Options = never>(store: EmptyStore<Options>): Promise<Bench<Options>> {
  const time = { now: START }
  const nextIds: string[] = []
  const warnings: string[] = []
  const opened: Engine[] = []
  const log = (details: object, message: string): void => {
    warnings.push(`${message} ${JSON.stringify(details)}`)
  }
  const tools: EngineTools = {
    clock: () => time.now,
    logger: { warn: log, error: log },
  }
  const open = async (more?: Partial<EngineTools>, options?: Options): Promise<Engine> => {
    const all = { ...tools, ...more }
    const engine = await engineFrom(await store.open(all, options), all, 'what `open` answers')
    opened.push(engine)
    return engine
  }
  const close = async (): Promise<void> => {
    try {
      await Promise.all(opened.map((engine) => engine.close()))
    } finally {
      await store.discard?.()
    }
  }
  const engine = await open().catch(async (error: unknown) => {
    await close()
    throw error
  })
  return {
    engine,
    get now() {
      return time.now
    },
    set now(now) {
      time.now = now
    },
    nextIds,
    draw: () => nextIds.shift() ?? generateId(),
    warnings,
    store: StoreEngine.partsOf(engine)?.store,
    another: (options) => open({}, options),
    withCodec: (codec) => open({ codec }),
    unknownId: store.unknownId ?? 'u'.repeat(32),
    ...(store.damage && {
      damage: (id, text) => Promise.resolve(store.damage?.(engine.index?.keyOf(id) ?? id, text)),
    }),
    ...(store.dump && { dump: store.dump.bind(store) }),
    ...(store.takeDown && { takeDown: store.takeDown.bind(store) }),
    close,
  }
}
