import { type DestinationStream, type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { SiteSettings } from './settings.js'

/** Never logged: whoever reads them could become somebody else. */
const SECRETS = [
  'cookie',
  'authorization',
  'secretKey',
  'secretKeyFallbacks',
  '*.cookie',
  '*.authorization',
  '*.secretKey',
  '*.secretKeyFallbacks',
  'headers',
  '*.headers',
]

/** The server's log: JSON lines in production, text for people elsewhere. */
export function createLogger(
  { environment, own }: SiteSettings,
  destination: DestinationStream = process.stdout,
): Logger {
  const options = { level: own.logLevel, redact: { paths: SECRETS, censor: '••••••' } }
  if (environment === 'production') return pino(options, destination)
  const colorize = process.stdout.isTTY && process.stdout.hasColors()
  const pretty = prettyFactory({ colorize, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' })
  // Written at once: pino-pretty's own stream would lose the last lines of a process that exits.
  return pino(options, { write: (line) => destination.write(pretty(line)) })
}

/** How many lines of one kind are logged in a minute: whoever guesses ten thousand ids must not fill the disk. */
const MOST_LINES = 20
/** Milliseconds. */
const MINUTE = 60_000

/** Limits the lines of one kind, by the time of what they report. */
export class LineLimit {
  readonly #report: (unsaid: number) => void
  #since = Number.NEGATIVE_INFINITY
  #count = 0

  /** `report`: called with the number of lines that were left out in a minute, if there were any. */
  constructor(report: (unsaid: number) => void) {
    this.#report = report
  }

  /** Whether another line may be logged. `now`: milliseconds since 1970. */
  hasRoom(now: number): boolean {
    if (Math.abs(now - this.#since) >= MINUTE) {
      this.close()
      this.#since = now
    }
    this.#count++
    return this.#count <= MOST_LINES
  }

  /** Reports what was left out, and begins anew. */
  close(): void {
    if (this.#count > MOST_LINES) this.#report(this.#count - MOST_LINES)
    this.#count = 0
  }
}
