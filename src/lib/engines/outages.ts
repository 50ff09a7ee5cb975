import type { Logger } from '../logger.js'
import type { Engine } from './engine.js'
import { EngineUnavailable, withCauses } from './errors.js'

type Kind = 'reads' | 'writes'

/** Sweeps are not among them: whoever sweeps logs what went wrong itself. */
const WATCHED: ReadonlyMap<string | symbol, Kind> = new Map([
  ['load', 'reads'],
  ['create', 'writes'],
  ['update', 'writes'],
  ['touch', 'writes'],
  ['rotate', 'writes'],
  ['delete', 'writes'],
])

/** Whoever wants to know of outages. */
export interface OutageListener {
  /** `message`: what went wrong, with its causes, on one line. */
  down(message: string): void
  /** `downFor` milliseconds. */
  up(downFor: number): void
}

export interface OutageTools {
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

/** By the engine as it was answered below: several may open sessions on one, and an outage of it is still one. */
const known = new WeakMap<Engine, Outages>()

/**
 * The same engine, whose outages are noticed: one line in the log when one begins, with the cause, however many requests
 * it costs, and a word to the listener then and when it is over. Of an engine that is watched already the listener hears
 * too, and the log not twice.
 */
export function watchOutages(engine: Engine, tools: OutageTools, listener: OutageListener): Engine {
  const watched = known.get(engine)
  if (watched !== undefined) {
    watched.listeners.push(listener)
    return engine
  }
  const outages = new Outages(engine.name, tools)
  outages.listeners.push(listener)
  const seen = seenBy(outages, engine)
  known.set(seen, outages)
  return seen
}

/**
 * What an engine has besides goes through as it is. An object of its own members rather than a proxy, since requests call
 * it a dozen times, and a proxy is asked anew each time.
 */
function seenBy(outages: Outages, engine: Engine): Engine {
  const seen = Object.create(engine)
  for (const name of membersOf(engine)) {
    const member: unknown = Reflect.get(engine, name)
    if (typeof member === 'function') {
      const method = member.bind(engine)
      const kind = WATCHED.get(name)
      Object.defineProperty(seen, name, { value: kind === undefined ? method : outages.watch(kind, method) })
    } else {
      // Asked of the engine itself: a getter may look at what only an instance of its class has.
      Object.defineProperty(seen, name, { get: () => Reflect.get(engine, name) })
    }
  }
  return seen
}

/** The names of what an object has, be it its own or its class's. */
function membersOf(object: object): Set<string | symbol> {
  const names = new Set<string | symbol>()
  for (
    let at: object | null = object;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of Reflect.ownKeys(at)) names.add(name)
  }
  return names
}

/**
 * An outage ends when everything that failed has worked again. One of the writes ends with a write: a store that is full
 * or read-only goes on answering reads, and those are no sign of its return. Nor is the late answer to a call that began
 * before another one failed.
 */
class Outages {
  readonly listeners: OutageListener[] = []
  readonly #engine: string
  readonly #tools: OutageTools
  /** What has failed, and not worked since. */
  readonly #failing = new Set<Kind>()
  #failures = 0
  #since = 0

  constructor(engine: string, tools: OutageTools) {
    this.#engine = engine
    this.#tools = tools
  }

  /** No `async` of its own: it stands around every call of every request. */
  watch(kind: Kind, method: (...args: unknown[]) => Promise<unknown>) {
    return (...args: unknown[]): Promise<unknown> => {
      const answer = method(...args)
      const failed = (error: unknown): void => {
        if (error instanceof EngineUnavailable) this.#failed(kind, error, args[0])
      }
      // Beside whoever waits for it, not between. While nothing has failed, no success is news: should something fail
      // before this one is answered, it began too early to say that all is well.
      if (this.#failing.size === 0) answer.then(undefined, failed)
      else this.#watchForReturn(kind, answer, failed)
      return answer
    }
  }

  #watchForReturn(kind: Kind, answer: Promise<unknown>, failed: (error: unknown) => void): void {
    const before = this.#failures
    answer.then((outcome) => {
      if (this.#failures === before && this.#failing.size > 0 && isProof(kind, outcome)) this.#worked(kind)
    }, failed)
  }

  #failed(kind: Kind, err: EngineUnavailable, asked: unknown): void {
    this.#failures++
    const isNew = this.#failing.size === 0
    this.#failing.add(kind)
    if (!isNew) return
    this.#since = this.#tools.clock()
    this.#tools.logger.error({ err, engine: this.#engine }, 'the session store cannot be used')
    const message = withCauses(err)
    // Our own engines say no id, but an engine of somebody else's may (S12).
    const discreet = typeof asked === 'string' && asked !== '' ? message.replaceAll(asked, '…') : message
    for (const { down } of this.listeners) down(discreet)
  }

  #worked(kind: Kind): void {
    this.#failing.delete(kind)
    if (this.#failing.size > 0) return
    const downFor = this.#tools.clock() - this.#since
    for (const { up } of this.listeners) up(downFor)
  }
}

/** A write that had nothing to write to has shown of the store no more than a read. */
function isProof(kind: Kind, answer: unknown): boolean {
  if (kind === 'reads') return true
  const outcome = typeof answer === 'object' && answer !== null && 'kind' in answer ? answer.kind : answer
  return outcome !== 'missing' && outcome !== 'conflict' && outcome !== 'superseded'
}
