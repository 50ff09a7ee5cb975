import { CLOCK_SKEW } from '../engines/concurrency.js'
import type { Engine, EngineTools } from '../engines/engine.js'
import { PlaceMissing } from '../engines/errors.js'
import { closeAfter } from '../engines/given-engine.js'
import type { Mover } from '../engines/moving/mover.js'
import type { Moving } from '../engines/moving/moving.js'
import { emptyText, joined, openOld } from '../engines/moving/open-moving.js'
import type { MoveState } from '../engines/moving/processes.js'
import { Resealer } from '../engines/moving/reseal.js'
import { recordCodec } from '../engines/record-codec.js'
import { openEngine } from '../engines/registry.js'
import { consoleLogger } from '../logger.js'
import { oldEngineOf } from '../settings/old-engine.js'
import type { Settings } from '../settings/settings.js'
import { CommandFailed } from './failure.js'

/** What is to be moved, and from where. */
export interface MoveStage {
  readonly mover: Mover
  /** `undefined` where nothing changes its store: records are sealed anew. */
  readonly moving: Moving | undefined
  /** The old and the new store, as messages call them. */
  readonly from: string
  readonly to: string
  /** The settings that name the old one. */
  readonly place: string
  close(): Promise<void>
}

/**
 * Opens what the settings name. This process is no server, so no other process is told of it. `isRehearsal`: neither store
 * may be written.
 *
 * @throws CommandFailed if no command can move it; the message says what does.
 */
export async function openStage(settings: Settings, isRehearsal: boolean): Promise<MoveStage> {
  const tools = { clock: Date.now, logger: consoleLogger, codec: recordCodec(settings) }
  if (settings.engine === 'cache')
    throw new CommandFailed(
      'SESSION_ENGINE=cache is the memory of a server: there is nothing to move for anybody else',
    )
  const isDjangos =
    settings.moveFrom !== undefined && settings.moveFromCodec === 'django' && settings.codec !== 'django'
  if (settings.engine === 'signed_cookies' || settings.moveFrom === 'signed_cookies' || isDjangos)
    throw new CommandFailed(
      'sessions in cookies and in Django’s table are moved one by one, when their visitors come: their ids are with the ' +
        'browsers alone. What has not come back within COOKIE_AGE has expired, and then MOVE_FROM can be left out',
    )
  const old = oldEngineOf(settings, tools.codec)
  if (old === undefined) return resealing(await openNew(settings, tools), tools)
  // First the old one: where that is missing, no new one is made.
  const oldTools = { ...tools, codec: old.codec }
  const from = await openOld(old.old, oldTools)
  const to = await openNew(settings, tools, isRehearsal).catch((error: unknown) => closeAfter(error, from))
  try {
    const { places } = old.old
    const moving = await joined({ from, to, step: 'move', tools: oldTools, places, isRehearsal })
    const name = to.name === 'cache' ? nameOf(settings.engine) : to.name
    const stage = {
      mover: telling(moving),
      moving,
      from: moving.fromName === name ? `the old ${name}` : moving.fromName,
      to: name,
      place: places.from,
      close: () => moving.engine.close(),
    }
    return moving.canList ? stage : await closeAfter(cannotList(stage.from), moving.engine)
  } catch (error) {
    return closeAfter(error, to)
  }
}

/** The engine to open: without memory in front of the database, which is written beside it. */
function nameOf(engine: Settings['engine']): Settings['engine'] {
  return engine === 'cached_db' ? 'db' : engine
}

/** Opens the engine that sessions go to. In a rehearsal nothing is made: what is missing is as empty as this memory. */
async function openNew(settings: Settings, tools: EngineTools, isRehearsal = false): Promise<Engine> {
  try {
    return await openEngine(nameOf(settings.engine), { ...settings, mustExist: isRehearsal }, tools)
  } catch (error) {
    if (!(error instanceof PlaceMissing)) throw error
    return openEngine('cache', settings, tools)
  }
}

async function resealing(engine: Engine, tools: EngineTools): Promise<MoveStage> {
  const mover = Resealer.of(engine, tools)
  const { name } = engine
  if (mover === undefined) return closeAfter(cannotList(name), engine)
  return { mover, moving: undefined, from: name, to: name, place: name, close: () => engine.close() }
}

/** Before the first entry moves it is told that there was one: this command may be killed before it can tell how it ended. */
function telling(moving: Moving): Mover {
  let told: Promise<void> | undefined
  return {
    keys: () => moving.keys(),
    find: (key) => moving.find(key),
    async bring(key) {
      told ??= moving.processes.tellMoving()
      await told.catch((error: unknown) => {
        told = undefined
        throw error
      })
      await moving.bring(key)
    },
  }
}

function cannotList(name: string): CommandFailed {
  return new CommandFailed(
    `the store of ${name} cannot list its keys (SessionStore.keys), so only what visitors ask for is moved`,
  )
}

/** What is said of an old store that holds nothing, and never did; `undefined`: it does, or has been emptied by a move. */
export async function emptiness(
  { moving, place }: MoveStage,
  { hasHeld, isFinished }: MoveState,
): Promise<string | undefined> {
  if (moving === undefined || hasHeld || isFinished || !(await moving.isEmpty())) return undefined
  return emptyText(place)
}

/** The lease of whoever removes expired sessions. Processes that know nothing of a move hold it too. */
const SWEEP_LEASE = 'lease-sweep'

const KILLED = 'one that was killed is known for a minute'

/**
 * Why sessions may not be moved yet, and what is to be done first; `undefined`: they may. `isStopped`: somebody says that no
 * process runs on the old store.
 */
export async function reasonToWait(
  { moving, from }: MoveStage,
  { moveStep, keyPrefix }: Settings,
  { processes, isPrepared, isFinished }: MoveState,
  isStopped = false,
): Promise<string | undefined> {
  if (moving === undefined) return undefined
  if (moveStep === 'prepare' && !isStopped && !isFinished)
    return 'MOVE_STEP is prepare: start every process with MOVE_STEP=move first, and run this with it too'
  const behind = processes.filter(({ step }) => step === 'prepare')
  if (behind.length > 0) {
    const who = behind.map(({ host, pid }) => `${host} ${pid}`).join(', ')
    if (isStopped)
      return (
        `--stopped says that no process puts sessions into ${from}, and these have said within the last minute that they do: ` +
        `${who}. End them first; ${KILLED}`
      )
    return `these processes still put sessions into ${from}: ${who}. Start them again with MOVE_STEP=move first; ${KILLED}`
  }
  if (isFinished || isStopped) return undefined
  const remedy =
    'Start every process with MOVE_STEP=prepare first, then with MOVE_STEP=move; or, if none runs on the old store, say so ' +
    'with --stopped'
  if (!isPrepared && (await moving.find(`${keyPrefix}:${SWEEP_LEASE}`)) === 'left')
    return `a process that knows nothing of the move has swept ${from} not long ago, and none has run MOVE_STEP=prepare. ${remedy}`
  return undefined
}

/**
 * What to say before sessions are moved while no process is announced: either none runs, or one that knows nothing of the
 * move does, which says so nowhere. `undefined`: nothing.
 */
export function unannouncedText(
  { moving, from }: MoveStage,
  { processes, isFinished }: MoveState,
): string | undefined {
  if (moving === undefined || isFinished || processes.length > 0) return undefined
  return (
    `no process says that it runs with MOVE_FROM. If one still runs that uses ${from} alone, end it now: there, what has moved ` +
    'reads as ended. --stopped says that none runs'
  )
}

/**
 * From now on the move ends where it meets what was put into the old store since it began. No process that is announced
 * puts anything there.
 */
export function stopIfUsed({ moving, from }: MoveStage): void {
  moving?.onLate(Date.now() + CLOCK_SKEW, () => {
    throw new CommandFailed(
      `${from} is still used: a session has begun there since this move has, so a process runs that knows nothing of it, ` +
        'where sessions that have moved read as ended. End it, and run this again; or, if none runs, and the clock of one was ' +
        'ahead, say so with --stopped',
    )
  })
}
