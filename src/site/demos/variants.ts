import {
  type EngineTools,
  type Logger,
  openSessions,
  type Sessions,
  type SessionsOptions,
  type Settings,
} from '../../lib/index.js'
import { openEngine } from '../../lib/internal.js'
import { PROGRESS_SUFFIX } from '../inspector/cookies.js'
import { observe } from '../inspector/recording.js'

/** The life of the sessions of `Set, get, delete`: seconds. */
const SHORT_AGE = 30

/** How long a session of `Save on every request` lives at most, however much it is used: seconds. */
const MOST_AGE = 120

/** Sessions with other settings, beside those of the whole site. */
export interface Variants {
  /** They live for thirty seconds, and have a cookie of their own: when one ends, the site's session stays. */
  readonly short: { readonly sessions: Sessions; readonly cookieName: string; readonly age: number }
  /** The same with SAVE_EVERY_REQUEST: each request moves the end, but not past ABSOLUTE_TIMEOUT. */
  readonly sliding: {
    readonly sessions: Sessions
    readonly cookieName: string
    readonly age: number
    readonly mostAge: number
  }
  /** Those of `Session methods`: whatever end they are given there, the site's session keeps its own. */
  readonly methods: { readonly sessions: Sessions; readonly cookieName: string }
  /** The site's sessions, with NESTED_CHANGES=ignore. */
  readonly ignoring: Sessions
  /** How far a visitor has come on the path. They have a cookie of their own: a log-out leaves them. */
  readonly progress: Sessions
}

type Rules = Partial<Pick<Settings, 'cookieAge' | 'idleTimeout' | 'absoluteTimeout'>>

/** Opens them on the engine of `sessions`, which stays open when they close. */
export async function openVariants(
  sessions: Sessions,
  settings: Settings,
  { clock, logger }: { readonly clock: () => number; readonly logger: Logger },
): Promise<Variants> {
  // The warnings of the engine have been logged already.
  const quiet: Logger = { warn: () => {}, error: (details, message) => logger.error(details, message) }
  // What moves, moves into the engine that they share.
  const still = { ...settings, moveFrom: undefined }
  const shared = { ...still, engine: sessions.engine, cleanupInterval: 0, clock, logger: quiet }
  /**
   * A sealed cookie is bound to the cookie's name (S52), and one of Django's ends as the settings of its engine say. So each
   * name needs an engine of its own.
   */
  const under = (cookieName: string, rules: Rules = {}): SessionsOptions => {
    const own = { ...rules, cookieName }
    const engine = async (tools: EngineTools) =>
      observe(await openEngine('signed_cookies', { ...settings, ...own }, tools))
    return { ...own, engine: sessions.engine.capabilities.revocable ? sessions.engine : engine }
  }
  const cookieName = `${settings.cookieName}-short`
  const slidingName = `${settings.cookieName}-sliding`
  const methodsName = `${settings.cookieName}-methods`
  const mostAge = Math.min(MOST_AGE, settings.absoluteTimeout ?? MOST_AGE)
  const age = Math.min(SHORT_AGE, settings.cookieAge)
  // The browser goes on sending the cookie when the record has ended: the page shows that the server decides.
  const brief = { ...shared, expireAtBrowserClose: true }
  const timeouts = { absoluteTimeout: mostAge, idleTimeout: mostAge }
  return {
    short: {
      // The walkthrough shows that reading does not prolong a session, whatever the site's setting is.
      sessions: await openSessions({
        ...brief,
        ...under(cookieName, { cookieAge: age }),
        saveEveryRequest: false,
      }),
      cookieName,
      age,
    },
    sliding: {
      sessions: await openSessions({
        ...brief,
        ...under(slidingName, { cookieAge: age, ...timeouts }),
        saveEveryRequest: true,
      }),
      cookieName: slidingName,
      age,
      mostAge,
    },
    methods: {
      sessions: await openSessions({ ...shared, ...under(methodsName) }),
      cookieName: methodsName,
    },
    ignoring: await openSessions({ ...shared, nestedChanges: 'ignore' }),
    progress: await openSessions({ ...shared, ...under(`${settings.cookieName}${PROGRESS_SUFFIX}`) }),
  }
}
