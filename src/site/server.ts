import { openSessions } from '../lib/index.js'
import { createApp } from './app.js'
import { openObserved } from './inspector/recording.js'
import { createLogger } from './log.js'
import { announce, startFault } from './process/announce.js'
import { logEvents } from './process/event-log.js'
import { listen, makeServer } from './process/listen.js'
import { stopOnSignals } from './process/shutdown.js'
import { loadSiteSettings, showsInternals } from './settings.js'

async function start(): Promise<void> {
  const settings = await loadSiteSettings()
  const logger = createLogger(settings)
  const engine = showsInternals(settings) ? openObserved(settings) : settings.engine
  const sessions = await openSessions({ ...settings, engine, logger })
  const endLog = logEvents(sessions, logger)
  const app = await createApp({ sessions, settings, logger })
  const server = makeServer(app.callback(), settings.own)

  const close = async (): Promise<void> => {
    endLog()
    await sessions.close()
  }

  stopOnSignals(server, { close, log: (message) => logger.info(message) })
  const url = await listen(server, settings.own)
  announce(url, sessions.engine.name, settings, logger)
}

const HELP = `Usage: npm start

Serves the walkthroughs, on http://localhost:3000 unless PORT says otherwise.

It takes no options. Settings come from config/ and from the environment:
  SESSION_ENGINE=file npm start    with another engine
  NODE_ENV=redis npm start         with the settings of config/redis
  npm run settings                 shows each setting, its value, and its layer
`

if (process.argv.some((argument) => argument === '--help' || argument === '-h')) {
  process.stdout.write(HELP)
} else {
  start().catch((error: unknown) => {
    console.error(startFault(error))
    process.exit(1)
  })
}
