import type { SessionContext } from '../session/context.js'

/** At most one warning in so many milliseconds: every request may be the reason for one. */
const PAUSE = 60_000

const LOST =
  'the session has a Secure cookie and the request came over plain HTTP, where browsers drop such a cookie without a ' +
  'word: serve HTTPS; behind a proxy that does, set app.proxy = true; for development, set COOKIE_SECURE to auto or false'

/** What to call when a cookie that is `Secure` goes out over plain HTTP: says so in the log, and what to do. */
export function plainHttpWarning(
  { clock, logger }: Pick<SessionContext, 'clock' | 'logger'>,
  cookieName: string,
): () => void {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const now = clock()
    // A clock that was set back does not make it silent for long (S25).
    if (now >= last && now < last + PAUSE) return
    last = now
    logger.warn({ cookieName }, LOST)
  }
}
