import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { loadSettings, openSessions } from '../lib/index.js'
import { showsInternals } from '../lib/internal.js'
import { createApp } from './app.js'
import { openObserved } from './inspector/open-observed.js'
import { announce } from './process/announce.js'
import { logEvents } from './process/event-log.js'
import { listen } from './process/listen.js'
import { createLogger } from './process/logger.js'
import { stopOnSignals } from './process/shutdown.js'
import { startFault } from './process/start-fault.js'
import { root } from './root.js'

async function start(): Promise<void> {
  const settings = await loadSettings({ configDir: fileURLToPath(new URL('config', root)) })
  const logger = createLogger(settings)
  const engine = showsInternals(settings) ? openObserved(settings) : settings.engine
  const sessions = await openSessions({ ...settings, engine, logger })
  const endLog = logEvents(sessions, logger)
  const server = createServer((await createApp({ sessions, settings, logger })).callback())

  const close = async (): Promise<void> => {
    endLog()
    await sessions.close()
  }

  stopOnSignals(server, { close, log: (message) => logger.info(message) })
  const url = await listen(server, settings)
  announce(url, sessions.engine.name, settings, logger)
}

start().catch((error: unknown) => {
  console.error(startFault(error))
  process.exit(1)
})
