import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createApp } from './app.js'
import { loadSettings, openSessions } from './index.js'
import { announce } from './process/announce.js'
import { listen } from './process/listen.js'
import { createLogger } from './process/logger.js'
import { stopOnSignals } from './process/shutdown.js'
import { startFault } from './process/start-fault.js'

async function start(): Promise<void> {
  const settings = await loadSettings({ configDir: fileURLToPath(new URL('../config', import.meta.url)) })
  const logger = createLogger(settings)
  const sessions = await openSessions({ ...settings, logger })
  const server = createServer(createApp({ sessions, settings, logger }).callback())

  stopOnSignals(server, { close: () => sessions.close(), log: (message) => logger.info(message) })
  const url = await listen(server, settings)
  announce(url, sessions.engine.name, settings, logger)
}

start().catch((error: unknown) => {
  console.error(startFault(error))
  process.exit(1)
})
