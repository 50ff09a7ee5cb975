import type { Engine, EngineTools } from '../engine.js'
import { EngineMisconfigured, EngineUnavailable } from '../errors.js'
import { closeAfter } from '../given-engine.js'
import { type EngineChoice, type EngineOptions, openEngine } from '../registry.js'
import { Moving, type MovingParts, type PlaceNames } from './moving.js'
import type { MoveStep } from './moving-store.js'

/** The engine that sessions are moved from: which, and with which settings. */
export interface OldEngine {
  readonly engine: EngineChoice
  readonly options: EngineOptions
  readonly places: PlaceNames
}

/** Of the pages of keys that Redis gives; in each are about a thousand keys, of anybody. */
const FEW_PAGES = 20

/** Opens the engine as it is: nothing is made where it says that sessions are. */
export async function openOld({ engine, options, places }: OldEngine, tools: EngineTools): Promise<Engine> {
  // What other processes move must be seen at once: no memory in front of the database.
  const choice = engine === 'cached_db' ? 'db' : engine
  try {
    // With cookies it would be about the store of revocations, which both engines may have.
    return await openEngine(choice, { ...options, mustExist: choice !== 'signed_cookies' }, tools)
  } catch (error) {
    // Otherwise nobody could tell which of the two stores is meant.
    if (error instanceof EngineUnavailable) error.message = `${places.from}: ${error.message}`
    if (error instanceof EngineMisconfigured)
      error.message = `${places.from}: ${error.message.replace(/\.$/, '')}. If the move is over, leave out MOVE_FROM`
    throw error
  }
}

export interface JoinOptions extends MovingParts {
  readonly places: PlaceNames
  /** Whether nothing may be written. Default: no. */
  readonly isRehearsal?: boolean
}

/**
 * Puts both engines together. No other process is told of it.
 *
 * @throws EngineMisconfigured if nothing can be moved between the two; the message says why. The old engine is closed then.
 */
export async function joined({ places, isRehearsal = false, ...parts }: JoinOptions): Promise<Moving> {
  try {
    const moving = new Moving(parts)
    await moving.checkPlaces(places, isRehearsal)
    await moving.checkDirection()
    await moving.checkLists(places, FEW_PAGES)
    return moving
  } catch (error) {
    return closeAfter(error, parts.from)
  }
}

/**
 * Opens the old engine, and puts both together. This process is announced to the others when it has been.
 *
 * @throws EngineUnavailable if the old store cannot be used. @throws EngineMisconfigured if there is none, or nothing can
 * be moved between the two, or the step is over; the message says why. The old engine is closed then.
 */
export async function openMoving(
  old: OldEngine,
  to: Engine,
  step: MoveStep,
  tools: EngineTools,
): Promise<Moving> {
  const from = await openOld(old, tools)
  const moving = await joined({ from, to, step, tools, places: old.places })
  try {
    if (moving.canList && !(await moving.processes.state()).hasHeld) {
      // A large table of others may take too long to be looked through, which is no reason not to start.
      const isEmpty = await moving.isEmpty(FEW_PAGES).catch(() => undefined)
      if (isEmpty) tools.logger.warn({}, emptyText(old.places.from))
      moving.processes.hasHeld = isEmpty === false
    }
    await moving.processes.announce(step)
    return moving
  } catch (error) {
    return closeAfter(error, moving.engine)
  }
}

/**
 * The same for a command that serves nobody, and may run beside processes of any step, and of none. As one that prepares it
 * finds what is in either store and begins to move nothing; nobody is told of it.
 */
export async function openQuietly(old: OldEngine, to: Engine, tools: EngineTools): Promise<Moving> {
  const from = await openOld(old, tools)
  return joined({ from, to, step: 'prepare', tools, places: old.places })
}

/** What is said of an old place that holds no sessions and has held none. */
export function emptyText(place: string): string {
  return `${place} holds no sessions, and none have been moved out of it. If that is the right place, nothing is to be moved: leave out MOVE_FROM`
}
