import { openForCommand } from '../open-sessions.js'
import type { Settings } from '../settings/settings.js'
import { interruptible } from './interruptible.js'
import { counted, Progress, rateText } from './progress.js'
import { json } from './terminal.js'

/** Removes what has expired from the store that the settings name. Django's `clearsessions`. Answers the exit code. */
export async function clearSessions(settings: Settings, options: { readonly json?: true }): Promise<number> {
  return interruptible(async (isInterrupted) => {
    // No session is read or written here, so what there is to warn of is for the server to say.
    const sessions = await openForCommand({ ...settings, warnings: [], cleanupInterval: 0 })
    let removed = 0
    // No bar, since no store can say how many records have expired without reading as many as removing them reads.
    const progress = new Progress(
      process.stdout,
      (seconds) => `${removedText(removed)}, ${rateText(removed, seconds)}`,
    )
    let isDone = false
    try {
      await sessions.clearExpired((count) => {
        removed = count
        return !isInterrupted()
      })
      isDone = true
    } finally {
      const seconds = progress.end()
      const early = !isDone || isInterrupted()
      process.stdout.write(
        options.json
          ? json({ removed, seconds: Number(seconds.toFixed(3)), early })
          : `  ${removedText(removed)} in ${seconds.toFixed(1)} s${early ? ', then stopped' : ''}\n`,
      )
      await sessions.close()
    }
    return 0
  })
}

function removedText(removed: number): string {
  return `${counted(removed, 'expired session')} removed`
}
