import { type Definition, setting } from '../settings/definitions.js'
import { SettingsError } from '../settings/errors.js'
import type { Kind } from '../settings/kinds.js'
import { type Reading, readSettings } from '../settings/load.js'
import type { Settings } from '../settings/settings.js'
import { NO_SETTING } from '../settings/unknown-names.js'
import { CommandFailed } from './failure.js'

/** What the layers of the working directory say, with or without an application's own settings. */
export interface Layers extends Omit<Reading, 'settings'> {
  readonly settings: Settings | undefined
  /** Names in files that are not Tessera's, as sentences for people. */
  readonly others?: readonly string[]
}

/** Any value: what it may be is for the application to say. */
const anything: Kind<unknown> = { check: (value) => ({ value }), read: (text) => text, right: 'any value' }

/**
 * Reads the layers of the directory where the command runs. An application's files may hold settings of its own, and only
 * its code, `loadSettings({ own })`, says which those are. So a name that Tessera does not know is told, and stops nothing.
 */
export async function readLayers(): Promise<Layers> {
  const first = await readSettings()
  const unknown = first.faults.filter(({ problem }) => problem === NO_SETTING)
  if (unknown.length === 0) return first
  const own: Record<string, Definition<unknown>> = {}
  for (const { name } of unknown)
    own[name] = setting(anything, { name, default: undefined, meaning: 'a setting of the application' })
  const reading = await readSettings({ own })
  const others = unknown.map(({ name, layer, remedy }) => {
    const meant = /^Did you mean .+/.exec(remedy)?.[0]
    return `${name} (${layer}) is no setting of Tessera.${meant === undefined ? '' : ` ${meant}`}`
  })
  return { ...reading, rows: reading.rows.filter(({ name }) => !(name in own)), others }
}

/** @throws SettingsError if anything is wrong. */
export function checked({ settings, faults }: Layers): Settings {
  if (settings === undefined) throw new SettingsError(faults)
  return settings
}

/**
 * As `checked`, for a command that moves sessions.
 *
 * @throws CommandFailed if the name of a setting of the move is misspelled: without its effect they would be taken from a
 * wrong place, or put into one.
 */
export function checkedForMove(layers: Layers): Settings {
  const settings = checked(layers)
  const misspelled = [...layers.warnings, ...(layers.others ?? [])].filter(
    (text) => /^MOVE_\w+ \([^)]*\) is no setting/.test(text) && /^MOVE_FROM_|Did you mean/.test(text),
  )
  if (misspelled.length > 0) throw new CommandFailed(misspelled.join('\n'))
  return settings
}
