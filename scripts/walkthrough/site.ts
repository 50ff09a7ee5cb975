import { once } from 'node:events'
import { createServer } from 'node:http'
import { type Logger, openSessions, type Sessions } from '../../src/lib/index.js'
import { LONGEST_COOKIE_AGE } from '../../src/lib/middleware/cookie.js'
import { createApp } from '../../src/site/app.js'
import { openVariants } from '../../src/site/demos/variants.js'
import { openObserved } from '../../src/site/inspector/recording.js'
import type { InspectedSessions } from '../../src/site/inspector/stored-record.js'
import { type SiteSettings, showsInternals } from '../../src/site/settings.js'

/** The demo site, served on a free port of this machine, with the time in the caller's hand. */
export interface OpenSite {
  readonly url: string
  readonly sessions: Sessions
  readonly settings: SiteSettings
  /** The sessions of the whole site, and those that three walkthroughs have for themselves. */
  readonly inspected: readonly InspectedSessions[]
  /** Milliseconds since 1970. It begins at the present, as the clock of a browser does. */
  now: number
  close(): Promise<void>
  /** Closes it, and removes all sessions under its KEY_PREFIX from the store. */
  discard(): Promise<void>
}

/**
 * Serves the site as `src/site/server.ts` does, but for the clock and the port.
 *
 * @throws EngineUnavailable if the engine's store cannot be used.
 */
export async function openSite(settings: SiteSettings, logger: Logger): Promise<OpenSite> {
  let now = Date.now()
  const clock = (): number => now
  const engine = showsInternals(settings) ? openObserved(settings) : settings.engine
  const sessions = await openSessions({ ...settings, engine, clock, logger })
  const app = await createApp({ sessions, settings, logger, clock })
  app.silent = true
  const { short, sliding, methods } = await openVariants(sessions, settings, { clock, logger })
  // A busy machine takes its time, and a connection that ends just when the next request is sent fails it.
  const server = createServer({ keepAliveTimeout: 600_000 }, app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('the server has no port')
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    closed ??= sessions.close()
    return closed
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    sessions,
    settings,
    inspected: [
      { cookieName: settings.cookieName, engine: sessions.engine },
      { cookieName: short.cookieName, engine: short.sessions.engine },
      { cookieName: sliding.cookieName, engine: sliding.sessions.engine },
      { cookieName: methods.cookieName, engine: methods.sessions.engine },
    ],
    get now() {
      return now
    },
    set now(time) {
      now = time
    },
    close,
    async discard() {
      try {
        now += (LONGEST_COOKIE_AGE + 1) * 1000
        await sessions.clearExpired()
      } finally {
        await close()
      }
    },
  }
}
