import { type MoveCount, type Mover, moveAll } from '../engines/moving/mover.js'
import type { Settings } from '../settings/settings.js'
import { CommandFailed } from './failure.js'
import { interruptible } from './interruptible.js'
import {
  emptiness,
  type MoveStage,
  openStage,
  reasonToWait,
  stopIfUsed,
  unannouncedText,
} from './move-stage.js'
import { leftText, nextStep, stateOf, unreadableText } from './move-status.js'
import { barText, counted, Progress, rateText } from './progress.js'
import { json } from './terminal.js'

export interface MoveOptions {
  /** Entries a second at the most. */
  readonly rate: number
  readonly dryRun?: true
  /** No process runs on the old store. */
  readonly stopped?: true
  readonly json?: true
}

/** What the command has done. */
interface Done extends MoveCount {
  readonly seconds: number
  /** Entries that are left; `undefined` where the command ended before it could find out. */
  readonly left: number | undefined
  readonly early: boolean
}

/**
 * Moves what nobody visits out of the store of `MOVE_FROM`; without it, writes anew what is to be sealed, or sealed with
 * another key. Answers the exit code: 1 if anything is left.
 *
 * @throws CommandFailed if it may not begin yet; the message says what is to be done first.
 */
export async function moveSessions(settings: Settings, options: MoveOptions): Promise<number> {
  return interruptible(async (isInterrupted) => {
    const stage = await openStage(settings, options.dryRun === true)
    try {
      const state = await stateOf(stage)
      const empty = await emptiness(stage, state)
      if (empty !== undefined) throw new CommandFailed(empty)
      // A rehearsal can come before anything else, since it changes nothing.
      const isStopped = options.stopped || (options.dryRun && state.processes.length === 0)
      const reason = await reasonToWait(stage, settings, state, isStopped)
      if (reason !== undefined && !options.dryRun) throw new CommandFailed(reason)
      if (!isStopped && !options.dryRun) {
        const doubt = unannouncedText(stage, state)
        if (doubt !== undefined) process.stderr.write(`  ${doubt}\n`)
        stopIfUsed(stage)
      }
      const done = await run(stage, options, isInterrupted)
      await tellResult(stage, done, options)
      if (reason !== undefined) throw new CommandFailed(reason)
      if (done.unreadable > 0) return 1
      return !options.dryRun && (done.left ?? 0) > 0 ? 1 : 0
    } finally {
      await stage.close()
    }
  })
}

async function run(
  stage: MoveStage,
  { rate, dryRun }: MoveOptions,
  isInterrupted: () => boolean,
): Promise<Done> {
  const { mover, moving } = stage
  let count: MoveCount = { seen: 0, moved: 0, unreadable: 0 }
  let total: number | undefined
  const progress = new Progress(process.stdout, (seconds) => {
    const bar = total === undefined ? 'counting' : barText(count.seen, total)
    return `${bar}  ${verb(stage, count.moved, dryRun)}, ${rateText(count.moved, seconds)}`
  })
  const goThrough = (over: Mover, isRehearsal: boolean): Promise<MoveCount> =>
    moveAll(over, {
      rate,
      isRehearsal,
      onBatch(latest) {
        if (over === mover && isRehearsal === (dryRun === true)) count = latest
        return !isInterrupted()
      },
    })
  let left: number | undefined
  let seconds = 0
  try {
    if (process.stdout.isTTY) total = await countKeys(mover, isInterrupted)
    count = await goThrough(mover, dryRun === true)
    if (dryRun) left = count.moved
    if (!dryRun && !isInterrupted()) {
      // Whoever knows nothing of the move may have put sessions there meanwhile.
      left = (await goThrough(mover, true)).moved
      if (moving !== undefined && left === 0 && count.unreadable === 0) {
        await goThrough(moving.arrivals, false)
        if (!isInterrupted()) await moving.processes.finish()
      }
    }
  } finally {
    seconds = progress.end()
  }
  const early = isInterrupted()
  return { ...count, left: early ? undefined : left, seconds, early }
}

async function countKeys(mover: Mover, isInterrupted: () => boolean): Promise<number> {
  let total = 0
  for await (const page of mover.keys()) {
    total += page.length
    if (isInterrupted()) break
  }
  return total
}

async function tellResult(
  stage: MoveStage,
  done: Done,
  { dryRun, json: asJson }: MoveOptions,
): Promise<void> {
  const { seen, moved, unreadable, left, early } = done
  const seconds = Number(done.seconds.toFixed(3))
  if (asJson) {
    const numbers = { moved: dryRun ? 0 : moved, left, unreadable, seen, seconds, early }
    process.stdout.write(json(numbers))
    return
  }
  const lines = dryRun
    ? [`${leftText(stage, moved)}; nothing was changed`]
    : [
        `${verb(stage, moved)} in ${seconds.toFixed(1)} s${early ? ', then stopped; the next run goes on from here' : ''}`,
      ]
  if (unreadable > 0) lines.push(unreadableText(unreadable))
  if (!dryRun && left !== undefined && left > 0)
    lines.push(
      `${leftText(stage, left)}: a process that knows nothing of the move has put them there, or one is being changed`,
    )
  if (!dryRun && left !== undefined && unreadable === 0)
    lines.push(nextStep(stage, await stateOf(stage), left))
  for (const line of lines) process.stdout.write(`  ${line}\n`)
}

function verb({ moving, from, to }: MoveStage, count: number, dryRun?: true): string {
  if (moving === undefined) return `${counted(count, 'record')} ${dryRun ? 'to be ' : ''}written anew`
  const what = counted(count, 'session or list', 'sessions and lists')
  return dryRun ? `${what} to be moved` : `${what} moved from ${from} to ${to}`
}
