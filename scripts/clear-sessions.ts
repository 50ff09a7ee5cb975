/** `npm run clear-sessions`: removes expired sessions from the store that the settings name. Django's `clearsessions`. */
import { parseArgs } from 'node:util'
import { openSessions } from '../src/lib/index.js'
import { startFault } from '../src/site/process/announce.js'
import { loadSiteSettings } from '../src/site/settings.js'
import { Progress } from './clear-sessions/progress.js'

const HELP = `
  npm run clear-sessions

  Removes the sessions that have expired from the store that the settings name, and says how many went. Safe while
  servers run on that store. Ctrl-C ends it after the batch under way; what is left is there the next time.

  Settings are the server's: npm run settings shows them, NODE_ENV=postgres npm run clear-sessions takes others.
`

/** What shells report of a program that Ctrl-C ended. */
const INTERRUPTED = 130

async function clear(): Promise<void> {
  let interrupted = false
  process.on('SIGINT', () => {
    interrupted = true
  })
  const settings = await loadSiteSettings()
  // No session is read or written here, so what there is to warn of is for the server to say.
  const sessions = await openSessions({ ...settings, warnings: [], cleanupInterval: 0 })
  const progress = new Progress(process.stdout)
  let early = true
  try {
    await sessions.clearExpired((removed) => {
      progress.show(removed)
      return !interrupted
    })
    early = interrupted
  } finally {
    progress.end(early)
    await sessions.close()
  }
  process.exitCode = interrupted ? INTERRUPTED : 0
}

function fail(error: unknown): void {
  console.error(error instanceof TypeError && 'code' in error ? error.message : startFault(error))
  process.exit(1)
}

try {
  if (parseArgs({ options: { help: { type: 'boolean', short: 'h' } } }).values.help) console.log(HELP)
  else await clear()
} catch (error) {
  fail(error)
}
