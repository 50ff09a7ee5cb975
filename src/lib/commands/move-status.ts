import { moveAll } from '../engines/moving/mover.js'
import type { MoveState } from '../engines/moving/processes.js'
import type { Settings } from '../settings/settings.js'
import { emptiness, type MoveStage, openStage, reasonToWait } from './move-stage.js'
import { counted } from './progress.js'
import { columns, json, tell } from './terminal.js'

const NOBODY: MoveState = {
  processes: [],
  isPrepared: false,
  isFinished: false,
  isSource: false,
  hasHeld: false,
}

/** Says what is left to be moved, which processes run which step, and what is to be done next. Answers the exit code. */
export async function showMoveStatus(settings: Settings, options: { readonly json?: true }): Promise<number> {
  const stage = await openStage(settings, true)
  try {
    const state = await stateOf(stage)
    const { moved: left, unreadable } = await moveAll(stage.mover, {
      rate: Number.POSITIVE_INFINITY,
      isRehearsal: true,
      onBatch: ({ seen }) => tell(`${counted(seen, 'entry', 'entries')} looked at`),
    })
    tell()
    const empty = await emptiness(stage, state)
    const reason = await reasonToWait(stage, settings, state)
    const next = empty ?? (left === 0 && unreadable > 0 ? LOOK_FIRST : nextStep(stage, state, left, reason))
    const { from, to } = stage
    const processes = state.processes.map(({ step, host, pid, at }) => ({
      step,
      host,
      pid,
      seen: new Date(at).toISOString(),
    }))
    if (options.json)
      process.stdout.write(
        json({ from, to, left, unreadable, isFinished: state.isFinished, processes, next }),
      )
    else
      process.stdout.write(
        [
          '',
          `  ${leftText(stage, left)}`,
          ...(unreadable > 0 ? [`  ${unreadableText(unreadable)}`] : []),
          ...(processes.length > 0 ? [''] : []),
          ...columns(
            processes.map(({ step, host, pid, seen }) => [`MOVE_STEP=${step}`, host, String(pid), seen]),
          ),
          '',
          `  ${next}`,
          '',
        ]
          .map((line) => `${line}\n`)
          .join(''),
      )
    return empty === undefined ? 0 : 1
  } finally {
    await stage.close()
  }
}

export async function stateOf({ moving }: MoveStage): Promise<MoveState> {
  return (await moving?.processes.state()) ?? NOBODY
}

export function leftText({ from, to, moving }: MoveStage, left: number): string {
  return moving === undefined
    ? `${counted(left, 'record')} of ${from} to be written anew`
    : `${counted(left, 'session or list', 'sessions and lists')} left in ${from}, to be moved to ${to}`
}

/** While something cannot be read, nothing is said to be done with. */
const LOOK_FIRST =
  'Nothing else is left. Find out first why those cannot be read: no setting and no key can go before that.'

export function unreadableText(unreadable: number): string {
  return (
    `${counted(unreadable, 'entry', 'entries')} cannot be read, and stay where they are: CODEC and the keys are other ` +
    'ones than those that they were written with, they are not sealed and began after SEALED_SINCE, or they were damaged'
  )
}

/** What is to be done next, as a sentence. `reason`: why sessions may not be moved yet, if anything is in the way. */
export function nextStep(
  { moving, from }: MoveStage,
  state: MoveState,
  left: number,
  reason?: string,
): string {
  const { processes, isFinished } = state
  if (moving === undefined)
    return left > 0
      ? '`koa-tessera move` writes them anew.'
      : 'Nothing is left: earlier keys can go, and so can PLAIN_RECORDS_UNTIL.'
  const steps = new Set(processes.map(({ step }) => step))
  if (steps.size === 2)
    return 'Some processes still run MOVE_STEP=prepare: start them again, one after the other, with MOVE_STEP=move.'
  if (steps.has('prepare'))
    return 'When every process runs MOVE_STEP=prepare, start them again, one after the other, with MOVE_STEP=move.'
  if (reason !== undefined) return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`
  if (left > 0 || !isFinished) return '`koa-tessera move` moves what nobody visits.'
  if (processes.length > 0)
    return `Nothing is left. Start the processes again without MOVE_FROM: when none is shown here, ${from} can go.`
  return `Nothing is left. Leave out MOVE_FROM: when no process runs with it, or with the settings from before, ${from} can go.`
}
