import { openSessions } from '../open-sessions.js'
import type { Settings } from '../settings/settings.js'
import { Progress, removedText, type Swept } from './progress.js'
import { json } from './terminal.js'

/** What shells report of a program that Ctrl-C ended. */
const INTERRUPTED = 130

/** Removes what has expired from the store that the settings name. Django's `clearsessions`. Answers the exit code. */
export async function clearSessions(settings: Settings, options: { readonly json?: true }): Promise<number> {
  let interrupted = false
  const interrupt = (): void => {
    interrupted = true
  }
  process.on('SIGINT', interrupt)
  try {
    // No session is read or written here, so what there is to warn of is for the server to say.
    const sessions = await openSessions({ ...settings, warnings: [], cleanupInterval: 0 })
    const progress = new Progress(process.stdout)
    let isDone = false
    try {
      await sessions.clearExpired((removed) => {
        progress.show(removed)
        return !interrupted
      })
      isDone = true
    } finally {
      const swept = progress.end(!isDone || interrupted)
      process.stdout.write(
        options.json ? json({ ...swept, seconds: Number(swept.seconds.toFixed(3)) }) : textOf(swept),
      )
      await sessions.close()
    }
  } finally {
    process.off('SIGINT', interrupt)
  }
  return interrupted ? INTERRUPTED : 0
}

function textOf({ removed, seconds, early }: Swept): string {
  return `  ${removedText(removed)} in ${seconds.toFixed(1)} s${early ? ', then stopped' : ''}\n`
}
