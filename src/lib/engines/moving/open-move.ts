import type { Engine, EngineTools } from '../engine.js'
import { closeAfter } from '../given-engine.js'
import { secretKeysOf } from '../secret-keys.js'
import { StoreEngine } from '../store-engine.js'
import type { Announce } from './arrival.js'
import { countedStore } from './counted-store.js'
import { IntoCookies } from './into-cookies.js'
import { IntoStore } from './into-store.js'
import type { Moving } from './moving.js'
import type { MoveStep } from './moving-store.js'
import { type OldEngine, openMoving, openOld, openQuietly } from './open-moving.js'
import { MoveProcesses } from './processes.js'

/** Sessions that move while requests run. */
export interface OpenMove {
  /** What requests use. */
  readonly engine: Engine
  readonly fromName: string
  readonly step: MoveStep
  /** Between two stores. */
  readonly moving?: Moving
  /** Calls `listener` each time this process has moved a session. */
  onMoved(listener: () => void): void
  /** Where sessions come into lists of users that were in none: to be told, with the engine that has the lists. */
  onArrival?(announceIn: (lists: Engine) => Announce): void
  /** Where the other engine has sessions or cookies that no index of `engine` knows. */
  readonly other?: Engine
}

/** What sessions need that move into or out of what is no store. */
export interface MoveOptions {
  readonly secretKey: string | undefined
  readonly secretKeyFallbacks: readonly string[]
  /** Seconds. */
  readonly cookieAge: number
  /** Whether this process serves visitors, so that others are told of it. A command does not. */
  readonly isServing: boolean
}

/**
 * Opens the old engine, and puts both together.
 *
 * @throws EngineUnavailable if the old store cannot be used. @throws EngineMisconfigured if there is none, or nothing can
 * be moved between the two, or the step is over; the message says why. The old engine is closed then.
 */
export async function openMove(
  old: OldEngine,
  to: Engine,
  step: MoveStep,
  tools: EngineTools,
  options: MoveOptions,
): Promise<OpenMove> {
  const isIntoCookies = to.name === 'signed_cookies' && !to.capabilities.revocable
  if (!isIntoCookies && !isNoStore(old)) {
    const moving = await (options.isServing ? openMoving(old, to, step, tools) : openQuietly(old, to, tools))
    return {
      engine: moving.engine,
      fromName: moving.fromName,
      step: moving.step,
      moving,
      onMoved: (told) => moving.onMoved(told),
    }
  }
  const from = await openOld(old, tools)
  try {
    const secretKeys = secretKeysOf(options, 'MOVE_FROM')
    const parts = { from, to, step, tools, secretKeys, cookieAge: options.cookieAge * 1000 }
    const engine = isIntoCookies ? new IntoCookies(parts) : new IntoStore(parts)
    return await announced({ engine, from, to, step, tools, isServing: options.isServing })
  } catch (error) {
    return closeAfter(error, from)
  }
}

function isNoStore({ engine, options }: OldEngine): boolean {
  return engine === 'signed_cookies' || ((engine === 'db' || engine === 'file') && options.codec === 'django')
}

interface Announced {
  readonly engine: IntoStore | IntoCookies
  readonly from: Engine
  readonly to: Engine
  readonly step: MoveStep
  readonly tools: EngineTools
  readonly isServing: boolean
}

/** The list of processes is in the one store that there is. */
async function announced({ engine, from, to, step, tools, isServing }: Announced): Promise<OpenMove> {
  const parts = StoreEngine.partsOf(engine instanceof IntoStore ? to : from)
  const keyPrefix = parts?.keyPrefix ?? 'keyv'
  const processes = parts && new MoveProcesses({ ...tools, keyPrefix, store: countedStore(parts.store) })
  if (isServing) await processes?.announce(step)
  const close = engine.close.bind(engine)
  engine.close = async () => {
    await processes?.leave()
    await close()
  }
  return {
    engine,
    fromName: from.name,
    step,
    other: step === 'move' ? from : to,
    onMoved(listener) {
      const mover = engine instanceof IntoStore ? engine.arrival : engine
      mover.onMoved = listener
    },
    ...(engine instanceof IntoStore && {
      onArrival(announceIn: (lists: Engine) => Announce) {
        engine.arrival.announce = announceIn(to)
      },
    }),
  }
}
