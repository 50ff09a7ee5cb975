import { styleText } from 'node:util'
import type { Logger } from 'pino'
import type { Settings } from '../../lib/index.js'
import { describeSettings, settingsWarnings } from '../../lib/internal.js'

/** The setting that says where an engine stores; an engine without one keeps its sessions in memory. */
const STORE_OF: Readonly<Record<string, string>> = {
  db: 'DATABASE_URL',
  cached_db: 'DATABASE_URL',
  redis: 'REDIS_URL',
  file: 'SESSION_FILE_PATH',
}

/** Says that the server runs, where and on what: a log line in production, a few words for people elsewhere. */
export function announce(url: string, engine: string, settings: Settings, logger: Logger): void {
  const { environment } = settings
  const warnings = settingsWarnings(settings)
  const store = storeOf(engine, settings)

  if (environment === 'production') {
    for (const warning of warnings) logger.warn(warning)
    logger.info({ url, engine, store, environment }, 'listening')
    return
  }
  process.stdout.write(banner({ url, engine: `${engine}, in ${store}`, environment, warnings }))
}

interface BannerParts {
  readonly url: string
  readonly engine: string
  readonly environment: string
  readonly warnings: readonly string[]
}

function banner({ url, engine, environment, warnings }: BannerParts): string {
  const line = (label: string, text: string): string => `    ${paint('dim', label.padEnd(12))} ${text}\n`
  const caution = warnings.map((warning) => `    ${paint('yellow', '!')} ${warning}\n`).join('')
  return `
  ${paint('red', '▗▞')} ${paint('bold', 'Tessera')}

${line('open', paint('cyan', url))}${line('engine', engine)}${line('environment', environment)}${caution && `\n${caution}`}
`
}

function storeOf(engine: string, settings: Settings): string {
  if (engine === 'signed_cookies') return 'the cookie itself'
  const name = STORE_OF[engine]
  return (
    describeSettings(settings).find((setting) => setting.name === name)?.shown ?? 'the memory of this process'
  )
}

function paint(style: 'bold' | 'cyan' | 'dim' | 'red' | 'yellow', text: string): string {
  return process.stdout.isTTY && process.stdout.hasColors() ? styleText(style, text) : text
}
