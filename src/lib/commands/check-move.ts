import type { Settings } from '../settings/settings.js'
import { CommandFailed, failureText } from './failure.js'
import { type Finding, wrong } from './finding.js'
import { emptiness, openStage } from './move-stage.js'
import { stateOf } from './move-status.js'

/** What is to be said of the place that sessions are moved from. It is read only. Nothing without `MOVE_FROM`. */
export async function oldPlace(settings: Settings): Promise<Finding[]> {
  if (settings.moveFrom === undefined) return []
  const about = 'move'
  try {
    const stage = await openStage(settings, true)
    try {
      const empty = await emptiness(stage, await stateOf(stage))
      if (empty !== undefined) return [{ about, status: 'doubtful', text: empty }]
      return [{ about, status: 'good', text: `${stage.place} opens, and is another place` }]
    } finally {
      await stage.close()
    }
  } catch (error) {
    // What no command can move, visitors can.
    if (error instanceof CommandFailed) return [{ about, status: 'note', text: error.message }]
    return [wrong(about, failureText(error))]
  }
}
