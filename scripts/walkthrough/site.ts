import { once } from 'node:events'
import { createServer } from 'node:http'
import { createApp } from '../../src/app.js'
import { openObserved } from '../../src/hood/open-observed.js'
import { openSessions, type Sessions, type Settings } from '../../src/index.js'
import type { Logger } from '../../src/logger.js'

/** The demo site, served on a free port of this machine, with the time in the caller's hand. */
export interface OpenSite {
  readonly url: string
  readonly sessions: Sessions
  readonly settings: Settings
  /** Milliseconds since 1970; begins at the present, because browsers hold no clock but that. */
  now: number
  close(): Promise<void>
}

/**
 * Serves the site as `src/server.ts` does, but for the clock and the port.
 *
 * @throws EngineUnavailable if the engine's store cannot be used.
 */
export async function openSite(settings: Settings, logger: Logger): Promise<OpenSite> {
  const clock = (): number => site.now
  const sessions = await openSessions({ ...settings, engine: openObserved(settings), clock, logger })
  const app = await createApp({ sessions, settings, logger, clock })
  app.silent = true
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('the server has no port')
  const site: OpenSite = {
    url: `http://127.0.0.1:${address.port}`,
    sessions,
    settings,
    now: Date.now(),
    async close() {
      server.close()
      server.closeAllConnections()
      await sessions.close()
    },
  }
  return site
}
