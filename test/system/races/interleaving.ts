import type { ExecutionContext } from 'ava'
import type { Bench } from '../../../src/lib/conformance/bench.js'
import type { Engine } from '../../../src/lib/engines/engine.js'
import { openSessions, type Session, type Sessions, type SessionsOptions } from '../../../src/lib/index.js'
import { openBench } from '../../support/engines.js'
import { type EngineCall, intercept } from '../../support/intercept.js'
import type { EngineUnderTest } from '../../support/stores/store.js'

/** Stops whoever is behind it before one of their calls. */
class Gate {
  #left = Number.POSITIVE_INFINITY
  #reached = (): void => {}
  #opened = Promise.resolve()
  open = (): void => {}
  /** The calls that have passed. */
  readonly passed: EngineCall[] = []

  /** Resolves when call number `nth`, from 0, has come. */
  close(nth: number): Promise<void> {
    this.#left = nth
    this.passed.length = 0
    this.#opened = new Promise((resolve) => {
      this.open = resolve
    })
    return new Promise((resolve) => {
      this.#reached = resolve
    })
  }

  pass(call: EngineCall): void | Promise<void> {
    if (this.#left-- !== 0) {
      this.passed.push(call)
      return
    }
    this.#reached()
    return this.#opened.then(() => {
      this.passed.push(call)
    })
  }
}

/** One process that can be stopped before each of its calls, another that cannot, and what is true of both. */
export class TwoActors {
  readonly bench: Bench
  /** The one that stops. */
  readonly slow: Sessions
  readonly quick: Sessions
  readonly #gate: Gate
  readonly #ids: string[]

  private constructor(bench: Bench, slow: Sessions, quick: Sessions, gate: Gate, ids: string[]) {
    this.bench = bench
    this.slow = slow
    this.quick = quick
    this.#gate = gate
    this.#ids = ids
  }

  static async start(
    t: ExecutionContext,
    under: EngineUnderTest,
    options: Omit<SessionsOptions, 'engine' | 'clock'> = {},
  ): Promise<TwoActors> {
    const { bench, close } = await openBench(under)
    t.teardown(close)
    const gate = new Gate()
    const ids: string[] = []
    const open = (before: (call: EngineCall) => void | Promise<void>): Promise<Sessions> =>
      openSessions({
        ...options,
        engine: noting(ids, intercept(bench.engine, before)),
        clock: () => bench.now,
        cleanupInterval: 0,
      })
    return new TwoActors(bench, await open((call) => gate.pass(call)), await open(() => {}), gate, ids)
  }

  /** The slow one's calls that have passed so far. */
  get passed(): readonly EngineCall[] {
    return this.#gate.passed
  }

  /**
   * Runs `slow` up to its `nth` call, `meanwhile` to its end, and `slow` to its end. Answers how `slow` ended, `undefined`
   * if it has no such call: then `meanwhile` did not run.
   */
  async overtake(
    nth: number,
    slow: () => Promise<unknown>,
    meanwhile: () => Promise<unknown>,
  ): Promise<string | undefined> {
    const reached = this.#gate.close(nth).then(() => 'reached')
    const ended = slow().then(
      () => 'done',
      (error: Error) => error.name,
    )
    if ((await Promise.race([reached, ended])) !== 'reached') return undefined
    await meanwhile()
    this.#gate.open()
    return ended
  }

  /** The handles of the user's sessions that are alive, found by the ids that were given out since `forget`. */
  async alive(userId: string): Promise<string[]> {
    const loaded = await Promise.all(this.#ids.map((id) => this.bench.engine.load(id)))
    const handles = loaded.flatMap((one) =>
      one.kind === 'found' && one.record.user?.id === userId ? [one.record.user.handle] : [],
    )
    return handles.sort()
  }

  /** Another user's turn. */
  forget(): void {
    this.#ids.length = 0
  }

  /** The handles in the user's list. */
  async listed(userId: string): Promise<string[]> {
    return (await this.quick.forUser(userId)).map(({ handle }) => handle).sort()
  }
}

/** Keeps every id that the engine gives out. */
function noting(ids: string[], engine: Engine): Engine {
  return {
    ...engine,
    async create(id, record) {
      const created = await engine.create(id, record)
      if (created.kind === 'created') ids.push(created.id)
      return created
    },
    async rotate(rotation) {
      const rotated = await engine.rotate(rotation)
      if (rotated.kind === 'updated') ids.push(rotated.id)
      return rotated
    },
  }
}

/** Logs in and saves; answers the session. */
export async function logIn(sessions: Sessions, userId: string, id?: string): Promise<Session> {
  const session = await sessions.open(id)
  session.login(userId)
  await session.save()
  return session
}
