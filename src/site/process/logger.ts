import { type DestinationStream, type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { SiteSettings } from '../settings.js'

/** What no log line shows: with these a reader could become somebody else. */
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
