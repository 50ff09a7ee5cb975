/** `npm run clear-sessions`: removes expired sessions from the store that the settings name. Django's `clearsessions`. */
import { fileURLToPath } from 'node:url'
import { loadSettings, openSessions } from '../src/index.js'
import { startFault } from '../src/process/start-fault.js'

async function clear(): Promise<void> {
  const settings = await loadSettings({ configDir: fileURLToPath(new URL('../config', import.meta.url)) })
  const sessions = await openSessions({ ...settings, cleanupInterval: 0 })
  const { isTTY } = process.stdout
  const cleared = await sessions.clearExpired((soFar) => {
    if (isTTY) process.stdout.write(`\r  ${soFar} expired sessions removed`)
  })
  await sessions.close()
  process.stdout.write(
    `${isTTY ? '\r' : ''}  ${cleared} expired ${cleared === 1 ? 'session' : 'sessions'} removed\n`,
  )
}

clear().catch((error: unknown) => {
  console.error(startFault(error))
  process.exit(1)
})
