import type { ExecutionContext } from 'ava'
import type { Bench } from '../../../src/lib/conformance/bench.js'
import { openBench as openBenchOn } from '../../../src/lib/conformance/index.js'
import type { Engine } from '../../../src/lib/engines/engine.js'
import type { SessionStore } from '../../../src/lib/engines/session-store.js'
import {
  openSessions,
  type Session,
  type Sessions,
  type SessionsOptions,
  storeEngine,
} from '../../../src/lib/index.js'
import { openBench } from '../../support/engines.js'
import { intercept } from '../../support/intercept.js'
import { type Entries, listing } from '../../support/stores/of-others.js'
import type { EngineUnderTest } from '../../support/stores/store.js'
import { Gate } from '../gate.js'

type Options = Omit<SessionsOptions, 'engine' | 'clock'>

/** Where the slow one is stopped. */
export interface Stage {
  readonly title: string
  /** The Debian package to install, if it is not on this machine. */
  readonly missing?: string | undefined
  start(t: ExecutionContext, options?: Options): Promise<TwoActors>
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

  /** Two processes with one store; the slow one stops before the calls of its engine. */
  static async onEngine(
    t: ExecutionContext,
    under: EngineUnderTest,
    options: Options = {},
  ): Promise<TwoActors> {
    const { bench, close } = await openBench(under)
    t.teardown(close)
    const gate = new Gate()
    const slow = intercept(bench.engine, (call) => gate.pass(call))
    return TwoActors.#start(bench, slow, gate, options)
  }

  /** The same with a store in memory; the slow one stops before each step of its store. */
  static async onStore(
    t: ExecutionContext,
    options: Options = {},
    entries: Entries = new Map(),
  ): Promise<TwoActors> {
    const gate = new Gate()
    const engineOn = (store: SessionStore) =>
      storeEngine({ name: 'steps', store, capabilities: { shared: true } })
    const stores = [listing(entries), stepping(listing(entries), gate)]
    const bench = await openBenchOn({ open: () => engineOn(stores.shift() ?? listing(entries)) })
    t.teardown(() => bench.close())
    return TwoActors.#start(bench, await bench.another(), gate, options)
  }

  static async #start(bench: Bench, slow: Engine, gate: Gate, options: Options): Promise<TwoActors> {
    const ids: string[] = []
    const open = (engine: Engine): Promise<Sessions> =>
      openSessions({
        ...options,
        engine: noting(
          ids,
          intercept(engine, () => {}),
        ),
        clock: () => bench.now,
        cleanupInterval: 0,
      })
    return new TwoActors(bench, await open(slow), await open(bench.engine), gate, ids)
  }

  /** The slow one's calls that have passed so far. */
  get passed(): readonly string[] {
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
    // The old id of a renewal leads to the same session.
    return [...new Set(handles)].sort()
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

/** The store, each of whose steps is one that the gate lets pass. To write a user's list is called as by the engine. */
function stepping(store: SessionStore, gate: Gate): SessionStore {
  const stepped = Object.entries(store).map(([name, method]) => {
    const step = async (...args: unknown[]): Promise<unknown> => {
      const isListWrite = ['insert', 'replace'].includes(name) && String(args[0]).includes(':user-')
      await gate.pass(isListWrite ? 'index.write' : name)
      return method(...args)
    }
    // What the keys lead to is read step by step.
    return [name, name === 'close' || name === 'keys' ? method : step]
  })
  return Object.fromEntries(stepped)
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

export const stageOf = (under: EngineUnderTest): Stage => ({
  title: under.title,
  missing: under.missing,
  start: (t, options) => TwoActors.onEngine(t, under, options),
})

/** A call of the engine is several of the store: the argument must hold between any two of those too. */
export const stepByStep: Stage = {
  title: 'a store, step by step',
  start: (t, options) => TwoActors.onStore(t, options),
}
