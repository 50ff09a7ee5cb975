import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { jsonCodec } from '../../codecs/json-codec.js'
import { isObject, isTime, type JsonObject } from '../../codecs/record.js'
import type { Logger } from '../../logger.js'
import { attempts } from '../concurrency.js'
import { Entries } from '../entries.js'
import { EngineMisconfigured, EngineUnavailable, withCauses } from '../errors.js'
import type { SessionStore } from '../session-store.js'
import { StoreIndex } from '../store-index.js'
import type { MoveStep } from './moving-store.js'

/** The name of the list in the old store. It is never moved. */
export const PROCESS_LIST = 'move-processes'

/** How often a process says that it lives, in milliseconds, and for how long that counts. */
const EVERY = 15_000
const LIVES_FOR = 60_000
/** How long the list is kept after the last process has written it: 400 days, in milliseconds. */
const KEPT_FOR = 34_560_000_000

/** A process that runs with `MOVE_FROM`. */
export interface MovingProcess {
  readonly step: MoveStep
  readonly host: string
  readonly pid: number
  /** When it last said that it lives: milliseconds since 1970. */
  readonly at: number
}

/** Who moves sessions, as the old store knows it. */
export interface MoveState {
  /** Those that have said so within the last minute. */
  readonly processes: readonly MovingProcess[]
  /** Whether any process has ever run the step `prepare`. */
  readonly isPrepared: boolean
  /** Whether all has been moved, so that nothing may be put into the old store any more. */
  readonly isFinished: boolean
  /** Whether sessions were moved out of this store, so that tombstones stand where they were. */
  readonly isSource: boolean
  /** Whether a process that took part has found sessions in this store. */
  readonly hasHeld: boolean
}

export interface MoveProcessesParts {
  /** The old store. */
  readonly store: SessionStore
  /** Whether sessions are moved out of it into another store. Default: no. */
  readonly isSource?: boolean
  readonly keyPrefix: string
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

const NOBODY_PREPARED =
  'no process has run MOVE_STEP=prepare: where processes still run that know nothing of the move, sessions that they use now ' +
  'read as ended there. Stop them, or run MOVE_STEP=prepare everywhere first'
const FINISHED =
  'MOVE_STEP=prepare would put sessions into the store of MOVE_FROM, and everything has been moved out of it. Leave out ' +
  'MOVE_STEP, or, if that store has gone, MOVE_FROM'

/** The processes that take part in a move: each announces itself in a list in the old store. */
export class MoveProcesses {
  readonly #parts: MoveProcessesParts
  readonly #index: StoreIndex
  readonly #own = randomBytes(9).toString('base64url')
  /** Whether this process has found sessions in the store; told with whatever it tells next. */
  hasHeld = false
  #timer: NodeJS.Timeout | undefined
  #renewing: Promise<void> = Promise.resolve()

  constructor(parts: MoveProcessesParts) {
    this.#parts = parts
    // Plain JSON, as leases are: processes with different codecs read it.
    const entries = new Entries({ ...parts, name: 'MOVE_FROM', codec: jsonCodec })
    this.#index = new StoreIndex({ ...parts, entries, keyOf: (id) => id })
  }

  async state(): Promise<MoveState> {
    const list = (await this.#index.read(PROCESS_LIST))?.list ?? {}
    return { processes: this.#alive(list).map(([, process]) => process), ...flagsIn(list) }
  }

  /**
   * Says that this process runs `step`, and goes on saying so until `leave`.
   *
   * @throws EngineMisconfigured if that step is over.
   */
  async announce(step: MoveStep): Promise<void> {
    const { logger, clock, isSource = false } = this.#parts
    const before = await this.state()
    if (step === 'prepare' && before.isFinished) throw new EngineMisconfigured(FINISHED)
    if (step === 'move' && !before.isPrepared && before.processes.length === 0)
      logger.warn({}, NOBODY_PREPARED)
    const renew = (): Promise<void> =>
      this.#change((list) => {
        const process_ = { step, host: hostname(), pid: process.pid, at: clock() }
        return {
          ...flagsIn(list),
          isPrepared: flagsIn(list).isPrepared || step === 'prepare',
          isSource: flagsIn(list).isSource || (isSource && step === 'move'),
          processes: { ...Object.fromEntries(this.#alive(list)), [this.#own]: process_ },
        }
      })
    await renew()
    this.#timer = setInterval(() => {
      this.#renewing = renew().catch((error: unknown) => {
        const why = error instanceof Error ? withCauses(error) : String(error)
        logger.warn({ why }, 'the store of MOVE_FROM could not be told that this process lives')
      })
    }, EVERY)
    this.#timer.unref()
  }

  /** This process takes part no more. If the store does not answer, the minute passes. */
  async leave(): Promise<void> {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#renewing
    const without = (list: JsonObject): JsonObject => ({
      ...flagsIn(list),
      processes: Object.fromEntries(this.#alive(list).filter(([name]) => name !== this.#own)),
    })
    await this.#change(without).catch(() => {})
  }

  /**
   * For a process that announces nothing, before it moves anything: sessions were found in the store, and tombstones take
   * their places from now on.
   */
  async tellMoving(): Promise<void> {
    this.hasHeld = true
    await this.#change((list) => ({ ...list, isSource: true }))
  }

  /** Everything has been moved: from now on no process can begin to `prepare`. */
  async finish(): Promise<void> {
    await this.#change((list) => ({ ...list, isFinished: true }))
  }

  #alive(list: JsonObject): [name: string, process: MovingProcess & JsonObject][] {
    if (!isObject(list.processes)) return []
    const now = this.#parts.clock()
    return Object.entries(list.processes).flatMap(([name, value]): [string, MovingProcess & JsonObject][] =>
      isProcess(value) && Math.abs(now - value.at) < LIVES_FOR ? [[name, value]] : [],
    )
  }

  async #change(next: (list: JsonObject) => JsonObject): Promise<void> {
    for await (const _ of attempts()) {
      const held = await this.#index.read(PROCESS_LIST)
      const before = held?.list ?? {}
      const list = { ...next(before), hasHeld: this.hasHeld || flagsIn(before).hasHeld }
      if (await this.#index.write(PROCESS_LIST, list, this.#parts.clock() + KEPT_FOR, held?.version)) return
    }
    throw new EngineUnavailable('others changed the list of processes that move every time')
  }
}

function flagsIn(list: JsonObject): Omit<MoveState, 'processes'> & JsonObject {
  return {
    isPrepared: list.isPrepared === true,
    isFinished: list.isFinished === true,
    isSource: list.isSource === true,
    hasHeld: list.hasHeld === true,
  }
}

function isProcess(value: unknown): value is MovingProcess & JsonObject {
  if (!isObject(value)) return false
  const { step, host, pid, at } = value
  return (
    (step === 'prepare' || step === 'move') &&
    typeof host === 'string' &&
    typeof pid === 'number' &&
    isTime(at)
  )
}
