import { assertEngine, type Engine, type EngineTools } from '../engines/engine.js'
import { generateId } from '../engines/ids.js'

/** 2026-01-01, some milliseconds after a full second, so that nothing that truncates goes unnoticed. */
const START = Date.UTC(2026, 0, 1) + 123

/**
 * A store that holds nothing yet, for one case. `Options` are what your own cases want engines opened with; those of
 * the suite ask for none.
 */
export interface EmptyStore<Options = never> {
  /**
   * Opens an engine on the store, and each time another one, as another process would have it. The time comes
   * from `tools` and nowhere else: cases move the clock.
   */
  open(tools: EngineTools, options?: Options): Engine | Promise<Engine>
  /** Written like an id of the engine, and never issued. Default: 32 letters, like those that the session layer draws. */
  readonly unknownId?: string
  /** Writes `text` over what the store holds under `id`, as an accident would. Left out: those cases are skipped. */
  damage?(id: string, text: string): Promise<void>
  /** Everything that the store holds, as one text, keys too. Left out: those cases are skipped. */
  dump?(): Promise<string>
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
  /** Another engine on the same store, as another process would have it; only where the engine is shared. */
  another(options?: Options): Promise<Engine>
  readonly unknownId: string
  damage?(id: string, text: string): Promise<void>
  dump?(): Promise<string>
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
  const another = async (options?: Options): Promise<Engine> => {
    const engine = await store.open(tools, options)
    assertEngine(engine, 'what `open` answers')
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
  const engine = await another().catch(async (error: unknown) => {
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
    another,
    unknownId: store.unknownId ?? 'u'.repeat(32),
    ...(store.damage && { damage: store.damage.bind(store) }),
    ...(store.dump && { dump: store.dump.bind(store) }),
    close,
  }
}
