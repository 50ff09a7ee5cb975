import { styleText } from 'node:util'
import type { Logger } from 'pino'
import { describeSettings } from '../../lib/internal.js'
import { exposureWarning, type SiteSettings } from '../settings.js'

/** The setting that says where an engine stores; an engine without one keeps its sessions in memory. */
const STORE_OF: Readonly<Record<string, string>> = {
  db: 'DATABASE_URL',
  cached_db: 'DATABASE_URL',
  redis: 'REDIS_URL',
  file: 'SESSION_FILE_PATH',
}

/** Says that the server runs, where and on what: a log line in production, a few words for people elsewhere. */
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
