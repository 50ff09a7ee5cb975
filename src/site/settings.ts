import { BlockList, isIP } from 'node:net'
import { fileURLToPath } from 'node:url'
import { kinds, type SettingFault, type SettingsAndOwn, SettingsError, setting } from '../lib/index.js'
import { type LoadOptions, type Reading, readSettings } from '../lib/internal.js'
import { root } from './root.js'

/** The settings that only the server needs, beside those of the sessions. */
export const serverSettings = {
  port: setting(kinds.wholeNumber({ min: 0, max: 65_535, right: 'a port from 0 (any free one) to 65535' }), {
    name: 'PORT',
    default: 3000,
    meaning: 'the port of the demo server',
  }),
  host: setting(kinds.text({ right: 'an address or host name, such as 127.0.0.1', shown: 'value' }), {
    name: 'HOST',
    default: '127.0.0.1',
    meaning: 'the address of the demo server; 0.0.0.0 serves every network',
  }),
  trustProxy: setting(kinds.flag, {
    name: 'TRUST_PROXY',
    default: false,
    meaning: 'whether the demo server believes the X-Forwarded headers of a proxy in front of it',
  }),
  requestTimeout: setting(
    kinds.wholeNumber({ min: 1, max: 3600, right: 'whole seconds from 1 to 3600 (one hour)' }),
    {
      name: 'REQUEST_TIMEOUT',
      default: 30,
      meaning: 'how long a client may take to send a whole request, in seconds',
    },
  ),
  headersTimeout: setting(
    kinds.wholeNumber({ min: 1, max: 3600, right: 'whole seconds from 1 to 3600 (one hour)' }),
    {
      name: 'HEADERS_TIMEOUT',
      default: 10,
      meaning: 'how long a client may take to send the headers of a request, in seconds',
    },
  ),
  keepAliveTimeout: setting(
    kinds.wholeNumber({ min: 1, max: 600, right: 'whole seconds from 1 to 600 (ten minutes)' }),
    {
      name: 'KEEP_ALIVE_TIMEOUT',
      default: 5,
      meaning:
        'how long an idle connection is kept, in seconds; behind a proxy, longer than the proxy keeps its own',
    },
  ),
  maxConnections: setting(
    kinds.wholeNumber({ min: 1, max: 100_000, right: 'a whole number of connections from 1 to 100000' }),
    {
      name: 'MAX_CONNECTIONS',
      default: 1000,
      meaning: 'how many connections the demo server has open at most; a further one is closed at once',
    },
  ),
  showInternals: setting(kinds.optional(kinds.flag), {
    name: 'SHOW_INTERNALS',
    default: undefined,
    meaning:
      'whether the pages show the inspector: cookies, engine calls, records; unset: to this machine only, in production to nobody',
  }),
  metrics: setting(kinds.optional(kinds.flag), {
    name: 'METRICS',
    default: undefined,
    meaning:
      'whether the demo server answers /metrics to everybody; unset: to this machine only, in production to nobody',
  }),
  otherSitePort: setting(
    kinds.optional(
      kinds.wholeNumber({ min: 0, max: 65_535, right: 'a port from 0 (any free one) to 65535' }),
    ),
    {
      name: 'OTHER_SITE_PORT',
      default: undefined,
      meaning:
        'the port of a second site for the lab “a form on another site”, opened at its first visit; unset, and where other machines reach the server: none',
    },
  ),
  logLevel: setting(kinds.choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), {
    name: 'LOG_LEVEL',
    default: 'info',
    meaning: 'the least important messages that the demo server still logs',
  }),
}

type ServerSettings = typeof serverSettings

/** The settings of the sessions, and in `own` those of the server. */
export type SiteSettings = SettingsAndOwn<ServerSettings>

type SiteLoadOptions = Omit<LoadOptions<ServerSettings>, 'own'>

/**
 * The site's settings: the layers are those of `loadSettings`, the files those of the project.
 *
 * @throws SettingsError if anything is wrong; it names every fault.
 */
export async function loadSiteSettings(options?: SiteLoadOptions): Promise<SiteSettings> {
  const { settings, faults } = await readSiteSettings(options)
  if (settings === undefined) throw new SettingsError(faults)
  return settings
}

/** As `loadSiteSettings`, for those who want to show what is there even if it is wrong. */
export async function readSiteSettings(options: SiteLoadOptions = {}): Promise<Reading<ServerSettings>> {
  const configDir = fileURLToPath(new URL('config', root))
  const reading = await readSettings({ configDir, ...options, own: serverSettings })
  const { settings } = reading
  if (settings === undefined) return reading
  const faults = [...exposedEnvironment(reading, settings), ...headersTimeoutFault(reading, settings)]
  if (faults.length > 0) return { ...reading, faults, settings: undefined }
  const warning = exposureWarning(settings)
  return warning === undefined ? reading : { ...reading, warnings: [...reading.warnings, warning] }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** Whether a host name or an address leads to this machine only. A name but `localhost` may lead anywhere (RFC 6761). */
export function isLoopback(host: string): boolean {
  const family = isIP(host)
  if (family === 0) return host === 'localhost' || host.endsWith('.localhost')
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/** The setting by which other machines reach the server, if one does: its address, or a proxy in front. */
export function exposedBy({ own: { host, trustProxy } }: SiteSettings): string | undefined {
  if (!isLoopback(host)) return `HOST=${host}`
  return trustProxy ? 'TRUST_PROXY=true' : undefined
}

/** A misspelled `production` has the settings of development, which are not for other people. */
function exposedEnvironment(
  { unknownEnvironment: fault }: Reading<ServerSettings>,
  settings: SiteSettings,
): SettingFault[] {
  const cause = exposedBy(settings)
  if (fault === undefined || cause === undefined) return []
  const problem = `${fault.problem}, and ${cause} serves other machines`
  return [{ ...fault, problem }]
}

/** Node refuses it when the server is made. */
function headersTimeoutFault({ rows }: Reading<ServerSettings>, { own }: SiteSettings): SettingFault[] {
  const { headersTimeout, requestTimeout } = own
  if (headersTimeout <= requestTimeout) return []
  const { name } = serverSettings.headersTimeout
  return [
    {
      name,
      value: String(headersTimeout),
      layer: rows.find((row) => row.name === name)?.layer ?? '',
      problem: `is more than REQUEST_TIMEOUT, which is ${requestTimeout}`,
      remedy: `The headers are a part of the request: give ${requestTimeout} or less, or raise REQUEST_TIMEOUT.`,
    },
  ]
}

/** What to say where an environment for one's own machine serves others. */
export function exposureWarning(settings: SiteSettings): string | undefined {
  const { environment } = settings
  const cause = exposedBy(settings)
  if (environment === 'production' || cause === undefined) return undefined
  return (
    `${cause} serves other machines in the environment ${environment}, which is for one’s own: the cookie has ` +
    'no protection that production gives it. For other people, start with NODE_ENV=production.'
  )
}

/** Whether the pages show the inspector: as `SHOW_INTERNALS` says, else where only this machine sees it. */
export function showsInternals(settings: SiteSettings): boolean {
  return settings.own.showInternals ?? isForThisMachine(settings)
}

/**
 * For whom `/metrics` is there, if for anybody: with `METRICS=true` for whoever reaches the port. Unset, for programs on
 * this machine, but not in production, where a proxy on the same machine would ask for everybody.
 */
export function metricsOpen(settings: SiteSettings): 'to everybody' | 'to this machine' | undefined {
  const { metrics } = settings.own
  if (metrics !== undefined) return metrics ? 'to everybody' : undefined
  return isForThisMachine(settings) ? 'to this machine' : undefined
}

/** Whether the pages may show what concerns nobody but who runs the server. */
export function isForThisMachine(settings: SiteSettings): boolean {
  return settings.environment !== 'production' && exposedBy(settings) === undefined
}
