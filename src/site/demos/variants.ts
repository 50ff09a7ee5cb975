import { type EngineTools, type Logger, openSessions, type Sessions, type Settings } from '../../lib/index.js'
import { openEngine } from '../../lib/internal.js'
import { observe } from '../inspector/recording.js'

/** Seconds: what the `Set, get, delete` walkthrough would have as its SESSION_COOKIE_AGE. */
const SHORT_AGE = 30

/** Sessions under other settings, beside the ones that every page has. */
export interface Variants {
  /** Of thirty seconds from the last change, in a cookie of their own: when one ends, nothing else is forgotten. */
  readonly short: { readonly sessions: Sessions; readonly cookieName: string; readonly age: number }
  /** The same sessions as everywhere, with NESTED_CHANGES=ignore. */
  readonly ignoring: Sessions
}

/** Opens them on the engine of `sessions`, which they share and do not close. */
export async function openVariants(
  sessions: Sessions,
  settings: Settings,
  { clock, logger }: { readonly clock: () => number; readonly logger: Logger },
): Promise<Variants> {
  // What the engine warns of at the start has been said.
  const quiet: Logger = { warn: () => {}, error: (details, message) => logger.error(details, message) }
  const shared = { ...settings, engine: sessions.engine, cleanupInterval: 0, clock, logger: quiet }
  const cookieName = `${settings.cookieName}-short`
  const age = Math.min(SHORT_AGE, settings.cookieAge)
  const engine = sessions.engine.capabilities.revocable
    ? sessions.engine
    : // What is sealed for one cookie is no other cookie's (S52).
      async (tools: EngineTools) =>
        observe(await openEngine('signed_cookies', { ...settings, cookieName }, tools))
  return {
    short: {
      // Saved when it is changed, whatever the site's setting is: its walkthrough shows that reading prolongs nothing.
      sessions: await openSessions({
        ...shared,
        cookieName,
        cookieAge: age,
        engine,
        saveEveryRequest: false,
      }),
      cookieName,
      age,
    },
    ignoring: await openSessions({ ...shared, nestedChanges: 'ignore' }),
  }
}
