import { resolve as absolute } from 'node:path'
import { rowsOf, type SettingDescription } from './describe.js'
import { checkEnvironment } from './environment.js'
import { type SettingFault, SettingsError } from './errors.js'
import { fileWarnings, readFiles } from './files.js'
import { freezeSettings } from './freeze.js'
import { codeLayer, type Environment, environmentLayer } from './layers.js'
import { misspelled, resolve } from './resolve.js'
import { brokenRules, brokenRulesOfThumb } from './rules.js'
import { insteadOfSecretKey, judgeSecretKeys } from './secret-key.js'
import { DEFAULT_ENVIRONMENT, type Settings, type SettingsOptions } from './settings.js'

/** Where the layers are. */
export interface LoadOptions {
  /** The directory of the files. Default: `config` in the working directory. It need not exist. */
  readonly configDir?: string | undefined
  /** The environment variables; its NODE_ENV picks the file. Default: the process's. */
  readonly env?: Environment | undefined
  /** What code has decided, by the settings' names in code: it wins over every other layer. */
  readonly overrides?: SettingsOptions | undefined
}

/** What all layers together say, right or wrong. */
export interface Reading {
  readonly environment: string
  /** Every setting in effect, wrong ones marked. */
  readonly rows: readonly SettingDescription[]
  readonly warnings: readonly string[]
  readonly faults: readonly SettingFault[]
  /** The settings, if there is no fault. */
  readonly settings: Settings | undefined
}

/**
 * The settings of this process. Layers, later wins: built-in defaults, `config/default.json5`,
 * `config/<NODE_ENV>.json5`, `config/local.json5`, the environment, `overrides`.
 *
 * @throws SettingsError if anything in any layer is wrong; it names every fault.
 */
export async function loadSettings(options: LoadOptions = {}): Promise<Settings> {
  const { settings, faults } = await readSettings(options)
  if (settings === undefined) throw new SettingsError(faults)
  return settings
}

/** As `loadSettings`, for those who want to show what is there even if it is wrong. */
export async function readSettings(options: LoadOptions = {}): Promise<Reading> {
  const { env = process.env, overrides = {} } = options
  const configDir = absolute(options.configDir ?? 'config')
  const { environment: override, ...overridden } = overrides
  const nodeEnv = env.NODE_ENV === '' ? undefined : env.NODE_ENV
  const named =
    override === undefined
      ? checkEnvironment(nodeEnv ?? DEFAULT_ENVIRONMENT, 'NODE_ENV', 'environment')
      : checkEnvironment(override, 'environment', OVERRIDE)
  const { environment } = named

  const files = readFiles(configDir, environment)
  const fromEnvironment = environmentLayer(env)
  const { held, faults } = resolve([...files.layers, fromEnvironment, codeLayer(OVERRIDE, overridden)])
  const secret = withSecretKey(held, environment)
  const all = [
    ...named.faults,
    ...files.faults,
    ...faults,
    ...brokenRules({ held }, 'file'),
    ...secret.faults,
  ]
  const warnings = [
    ...(await fileWarnings(configDir, override ?? nodeEnv)),
    ...misspelled(fromEnvironment),
    ...brokenRulesOfThumb({ held }, 'file'),
    ...secret.warnings,
  ]
  return {
    environment,
    rows: rowsOf(secret.held, all),
    warnings,
    faults: all,
    settings: all.length === 0 ? freezeSettings(secret.held, environment, warnings) : undefined,
  }
}

const OVERRIDE = 'override'

type HeldSettings = ReturnType<typeof resolve>['held']

interface WithSecretKey {
  readonly held: HeldSettings
  readonly faults: readonly SettingFault[]
  readonly warnings: readonly string[]
}

function withSecretKey(held: HeldSettings, environment: string): WithSecretKey {
  const { faults, warnings } = judgeSecretKeys(held, environment, 'file')
  const key = held.get('secretKey')
  if (key?.kind !== 'good' || key.value !== undefined) return { held, faults, warnings }
  const instead = insteadOfSecretKey(key.layer, environment)
  if (instead.kind === 'missing') return { held, faults: [...faults, instead.fault], warnings }
  return {
    held: new Map(held).set('secretKey', instead.held),
    faults,
    warnings: [...warnings, instead.warning],
  }
}
