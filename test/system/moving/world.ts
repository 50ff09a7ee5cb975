import type { EngineTools } from '../../../src/lib/engines/engine.js'
import { generateId } from '../../../src/lib/engines/ids.js'
import { Moving } from '../../../src/lib/engines/moving/moving.js'
import { PROCESS_LIST } from '../../../src/lib/engines/moving/processes.js'
import type { SessionStore } from '../../../src/lib/engines/session-store.js'
import { StoreEngine, type StoreEngineParts } from '../../../src/lib/engines/store-engine.js'
import { openSessions, type Sessions, type SessionsOptions } from '../../../src/lib/index.js'
import { Gate } from '../gate.js'

/**
 * What a process runs: `old`, the configuration before the move; `prepare` and `move`, the two steps; `new`, the
 * configuration after it.
 */
export type Role = 'old' | 'prepare' | 'move' | 'new'

/** The stores of one move, and how each writes. */
export interface Pair {
  readonly from: Pick<StoreEngineParts, 'store' | 'keyPrefix' | 'codec'>
  readonly to: Pick<StoreEngineParts, 'store' | 'keyPrefix' | 'codec'>
}

/** One process. */
export class Actor {
  readonly role: Role
  readonly gate: Gate
  readonly sessions: Sessions
  readonly moving: Moving | undefined

  constructor(role: Role, gate: Gate, sessions: Sessions, moving: Moving | undefined) {
    this.role = role
    this.gate = gate
    this.sessions = sessions
    this.moving = moving
  }

  /** Moves everything that the old store has. */
  async moveAll(): Promise<void> {
    for await (const page of this.moving?.keys() ?? []) for (const key of page) await this.moving?.bring(key)
  }
}

const silent = { warn: () => {}, error: () => {} }

/** What a process is opened with: time, ids, and the gate that each call of a store is to pass. */
export interface Seat {
  readonly gate: Gate
  readonly tools: EngineTools
  readonly options: Pick<SessionsOptions, 'clock' | 'logger' | 'generateId' | 'cleanupInterval'>
}

export type OpenProcess = (
  role: Role,
  seat: Seat,
) => Promise<{ sessions: Sessions; moving?: Moving | undefined }>

/** Where sessions are and where they go, and as many processes on both as a test wants. */
export class World {
  /** Milliseconds since 1970. */
  now = 1_700_000_000_000
  readonly #open: OpenProcess
  /** Called before each call of either store. */
  beforeCall = (): void => {}
  /** Called with each id that is drawn. */
  onDraw = (_id: string): void => {}

  constructor(open: OpenProcess) {
    this.#open = open
  }

  /** A process of the role, which can be stopped before each call of either store. */
  async actor(role: Role): Promise<Actor> {
    const gate = new Gate(() => this.beforeCall())
    const tools = { clock: () => this.now, logger: silent }
    const draw = (): string => {
      const id = generateId()
      this.onDraw(id)
      return id
    }
    const options = { ...tools, generateId: draw, cleanupInterval: 0 }
    const { sessions, moving } = await this.#open(role, { gate, tools, options })
    return new Actor(role, gate, sessions, moving)
  }
}

/** Two stores. */
export function onPair(pair: Pair): OpenProcess {
  return async (role, { gate, tools, options }) => {
    const engineOn = (name: 'from' | 'to'): StoreEngine =>
      new StoreEngine({
        ...tools,
        ...pair[name],
        name,
        store: stepping(pair[name].store, name, gate),
        capabilities: { shared: true },
      })
    // Not announced: the timer of that would call the store in the middle of anything.
    const moving =
      role === 'prepare' || role === 'move'
        ? new Moving({ from: engineOn('from'), to: engineOn('to'), step: role, tools })
        : undefined
    const engine = moving?.engine ?? engineOn(role === 'old' ? 'from' : 'to')
    return { sessions: await openSessions({ ...options, engine }), moving }
  }
}

/** The store, each of whose calls the gate has to let pass. It stays open when an engine on it is closed. */
export function stepping(store: SessionStore, name: string, gate: Gate): SessionStore {
  const step =
    <Args extends unknown[], Result>(call: string, method: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      // The timer of this list calls in the middle of anything.
      if (!String(args[0]).endsWith(PROCESS_LIST)) await gate.pass(`${name}.${call}`)
      return method.apply(store, args)
    }
  const { readLatest, keys, versions } = store
  return {
    ...(versions && { versions }),
    read: step('read', store.read),
    ...(readLatest && { readLatest: step('read', readLatest) }),
    insert: step('insert', store.insert),
    replace: step('replace', store.replace),
    extend: step('extend', store.extend),
    move: step('move', store.move),
    remove: step('remove', store.remove),
    removeExpired: step('removeExpired', store.removeExpired),
    ...(keys && { keys: () => keys.call(store) }),
    close: async () => {},
  }
}
