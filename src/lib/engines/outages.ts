import type { Logger } from '../logger.js'
import type { Engine } from './engine.js'
import { EngineUnavailable, withCauses } from './errors.js'
import { type Around, type EngineCall, idsIn, traceCalls, watchEngine } from './watch-engine.js'

type Kind = 'reads' | 'writes'

/** Sweeps are not among them: whoever sweeps logs what went wrong itself. */
const KINDS: Readonly<Partial<Record<EngineCall, Kind>>> = {
  load: 'reads',
  'index.load': 'reads',
  'index.follow': 'reads',
  'index.read': 'reads',
  create: 'writes',
  update: 'writes',
  touch: 'writes',
  rotate: 'writes',
  delete: 'writes',
  'index.evict': 'writes',
  'index.write': 'writes',
  'revocations.revokeUser': 'writes',
}

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
 * it costs, and a call of the listener then and when it has ended. Of an engine that is watched already the listener
 * hears too, and the log gets no second line.
 */
export function watchOutages(engine: Engine, tools: OutageTools, listener: OutageListener): Engine {
  const watched = known.get(engine)
  if (watched !== undefined) {
    watched.listeners.push(listener)
    return engine
  }
  const outages = new Outages(engine.name, tools)
  outages.listeners.push(listener)
  const seen = watchEngine(engine, traceCalls(engine.name, outages.around))
  known.set(seen, outages)
  return seen
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

  /** Answers what the engine answers, the very promise: whoever waits for it waits for nothing more. */
  readonly around: Around = (call, run, args) => {
    const answer = run(...args)
    const kind = KINDS[call]
    if (kind === undefined) return answer
    const failed = (error: unknown): void => {
      if (error instanceof EngineUnavailable) this.#failed(kind, error, args[0])
    }
    // While nothing has failed, no success is news: should something fail before this one is answered, it began too
    // early to say that all is well.
    if (this.#failing.size === 0) answer.then(undefined, failed)
    else this.#watchForReturn(kind, answer, failed)
    return answer
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
    const discreet = idsIn(asked).reduce((text, id) => text.replaceAll(id, '…'), message)
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
  return !['missing', 'conflict', 'superseded', 'taken', false].some((value) => value === outcome)
}
