import { inspect, styleText } from 'node:util'
import type { Logger } from 'pino'
import { EngineMisconfigured, EngineUnavailable, SettingsError } from '../../lib/index.js'
import { describeSettings, withCauses } from '../../lib/internal.js'
import { exposureWarning, type SiteSettings } from '../settings.js'
import { CannotListen } from './listen.js'

/** The setting that says where an engine stores. An engine without one keeps its sessions in memory. */
const STORE_OF: Readonly<Record<string, string>> = {
  db: 'DATABASE_URL',
  cached_db: 'DATABASE_URL',
  redis: 'REDIS_URL',
  file: 'SESSION_FILE_PATH',
}

/** Says that the server runs, where, and on which engine: a log line in production, a banner elsewhere. */
export function announce(url: string, engine: string, settings: SiteSettings, logger: Logger): void {
  const { environment } = settings
  const warning = exposureWarning(settings)
  if (warning !== undefined) logger.warn(warning)
  const store = storeOf(engine, settings)

  if (environment === 'production') {
    logger.info({ url, engine, store, environment }, 'listening')
    return
  }
  process.stdout.write(banner({ url, engine: `${engine}, in ${store}`, environment }))
}

/**
 * What to tell the person whose server did not start. For a mistake that the person can correct: the reason, without a
 * stack trace. For anything else, which is a fault of the program: everything.
 */
export function startFault(error: unknown): string {
  const faults = [SettingsError, EngineMisconfigured, CannotListen]
  if (error instanceof Error && faults.some((fault) => error instanceof fault)) return error.message
  if (error instanceof EngineUnavailable) return `The sessions cannot be opened: ${withCauses(error)}`
  return inspect(error)
}

interface BannerParts {
  readonly url: string
  readonly engine: string
  readonly environment: string
}

function banner({ url, engine, environment }: BannerParts): string {
  const line = (label: string, text: string): string => `    ${paint('dim', label.padEnd(12))} ${text}\n`
  return `
  ${paint('red', '▗▞')} ${paint('bold', 'Tessera')}

${line('open', paint('cyan', url))}${line('engine', engine)}${line('environment', environment)}
`
}

function storeOf(engine: string, settings: SiteSettings): string {
  if (engine === 'signed_cookies') return 'the cookie itself'
  const name = STORE_OF[engine]
  return (
    describeSettings(settings).find((setting) => setting.name === name)?.shown ?? 'the memory of this process'
  )
}

function paint(style: 'bold' | 'cyan' | 'dim' | 'red', text: string): string {
  return process.stdout.isTTY && process.stdout.hasColors() ? styleText(style, text) : text
}
