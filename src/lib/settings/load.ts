import { resolve as absolute } from 'node:path'
import { resolve } from './check.js'
import {
  type Definition,
  OWN,
  type OwnDefinitions,
  type OwnValues,
  type Setting,
  sessionSettings,
  settingsWith,
} from './definitions.js'
import { type Held, keepDescription, rowsOf, type SettingDescription } from './describe.js'
import { djangoFaults } from './django-rules.js'
import { type SettingFault, SettingsError } from './errors.js'
import {
  codeLayer,
  type Environment,
  environmentFault,
  environmentLayer,
  filesIn,
  readFiles,
  unreadFiles,
} from './layers.js'
import { withoutMoveFrom } from './move-from.js'
import { brokenMove, unnamedCookie, unusedMove } from './move-rules.js'
import { brokenRules, brokenRulesOfThumb, insteadOfSecretKey, weakKeys, weakKeyWarning } from './rules.js'
import { DEFAULT_ENVIRONMENT, type Settings, type SettingsOptions } from './settings.js'
import { allSpellingsIn, misspelled, nearestEnvironment, unknownEnvironment } from './unknown-names.js'

type None = Readonly<Record<never, Definition<unknown>>>

/** Where the layers are, and what an application adds. */
export interface LoadOptions<Own extends OwnDefinitions = None> {
  /** The directory of the files. Default: `config` in the working directory. It need not exist. */
  readonly configDir?: string | undefined
  /** The environment variables; its NODE_ENV picks the file. Default: the process's. */
  readonly env?: Environment | undefined
  /** What code has decided, by the settings' names in code: it wins over every other layer. */
  readonly overrides?: (SettingsOptions & { readonly own?: Partial<OwnValues<Own>> | undefined }) | undefined
  /**
   * The application's own settings, by their names in code: `{ port: setting(kinds.wholeNumber({ … }), { … }) }`. Their
   * values are members of `own` in what is answered. Default: none.
   */
  readonly own?: Own | undefined
}

/** The settings of the sessions, and in `own` the application's. */
export type SettingsAndOwn<Own extends OwnDefinitions> = Settings & { readonly own: OwnValues<Own> }

/** What all layers together say, right or wrong. */
export interface Reading<Own extends OwnDefinitions = None> {
  readonly environment: string
  /** The fault of an environment that is unknown and has no file: it has the settings of development. */
  readonly unknownEnvironment: SettingFault | undefined
  /** Every setting in effect, wrong ones marked. */
  readonly rows: readonly SettingDescription[]
  readonly warnings: readonly string[]
  readonly faults: readonly SettingFault[]
  /** The settings, if there is no fault. */
  readonly settings: SettingsAndOwn<Own> | undefined
}

/**
 * The settings of this process. Layers, later wins: built-in defaults, `config/default.json5`,
 * `config/<NODE_ENV>.json5`, `config/local.json5`, the environment, `overrides`. Variables of the environment that are no
 * settings are ignored. In files, a name that is no setting of the sessions and not in `own` is wrong.
 *
 * @throws SettingsError if anything in any layer is wrong; it names every fault.
 */
export async function loadSettings<Own extends OwnDefinitions = None>(
  options: LoadOptions<Own> = {},
): Promise<SettingsAndOwn<Own>> {
  const { settings, faults } = await readSettings(options)
  if (settings === undefined) throw new SettingsError(faults)
  return settings
}

const OVERRIDE = 'override'

/** As `loadSettings`, for those who want to show what is there even if it is wrong. */
export async function readSettings<Own extends OwnDefinitions = None>(
  options: LoadOptions<Own> = {},
): Promise<Reading<Own>> {
  const { env = process.env, overrides = {}, own } = options
  const configDir = absolute(options.configDir ?? 'config')
  const { environment: override, warnings: _, own: ownOverrides = {}, ...overridden } = overrides
  const asked = override ?? (env.NODE_ENV === '' ? undefined : env.NODE_ENV)
  const [name, layer] = override === undefined ? ['NODE_ENV', 'environment'] : ['environment', OVERRIDE]
  const fault = environmentFault(asked ?? DEFAULT_ENVIRONMENT, name, layer)
  const environment = fault === undefined ? (asked ?? DEFAULT_ENVIRONMENT) : DEFAULT_ENVIRONMENT
  const isProduction = environment === 'production'

  const settings = own === undefined ? sessionSettings : settingsWith(own)
  const fromFiles = readFiles(configDir, environment)
  const fromEnvironment = environmentLayer(env, allSpellingsIn('environment', settings))
  const inCode = { ...withoutMoveFrom(overridden), ...withPrefix(ownOverrides) }
  const layers = [...fromFiles.layers, fromEnvironment, codeLayer(OVERRIDE, inCode)]
  const resolved = resolve(settings, layers, { isProduction })
  const key = withSecretKey(resolved.held, isProduction)

  const weak = weakKeys(key.held, 'file')
  const faults = [
    ...(fault === undefined ? [] : [fault]),
    ...fromFiles.faults,
    ...resolved.faults,
    ...brokenRules(key.held, 'file'),
    ...djangoFaults(key.held, 'file'),
    ...brokenMove(key.held, 'file'),
    ...unnamedCookie(key.held, 'file'),
    ...(isProduction ? weak : []),
    ...key.faults,
  ]
  const files = await filesIn(configDir)
  const unknown = unknownEnvironment(environment, configDir, files)
  const warnings = [
    ...(unknown === undefined ? [] : [`${name}=${environment} ${unknown.problem}. ${unknown.remedy}`]),
    ...unreadFiles(configDir, files, environment),
    ...misspelled(fromEnvironment, settings),
    ...key.warnings,
  ]
  const besides = [
    ...brokenRulesOfThumb(key.held, 'file'),
    ...unusedMove(key.held, 'file'),
    ...(isProduction ? [] : weak.map(weakKeyWarning)),
  ]
  return {
    environment,
    unknownEnvironment: unknown && { name, value: environment, layer, ...unknown },
    rows: rowsOf(settings, key.held, faults),
    warnings: [...warnings, ...besides],
    faults,
    settings: faults.length === 0 ? freeze(settings, key.held, { environment, warnings }) : undefined,
  }
}

function withPrefix(own: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(own).map(([key, value]) => [`${OWN}${key}`, value]))
}

interface WithSecretKey {
  readonly held: ReadonlyMap<string, Held>
  readonly faults: readonly SettingFault[]
  readonly warnings: readonly string[]
}

function withSecretKey(held: ReadonlyMap<string, Held>, isProduction: boolean): WithSecretKey {
  const key = held.get('secretKey')
  if (key?.kind !== 'good' || key.value !== undefined) return { held, faults: [], warnings: [] }
  const instead = insteadOfSecretKey(key.layer, isProduction)
  if ('fault' in instead) return { held, faults: [instead.fault], warnings: [] }
  return { held: new Map(held).set('secretKey', instead.held), faults: [], warnings: [instead.warning] }
}

const OPTIONS = 'options'

/**
 * Settings from code alone, by their names in code, over the built-in defaults. Neither a file nor the environment is
 * read, except for NODE_ENV, which chooses the defaults unless `environment` does. No secret key is generated or demanded.
 *
 * @throws SettingsError if a name is unknown or a value wrong; it names every fault.
 */
export function checkOptions(options: object): Settings {
  const all = withoutMoveFrom({ ...options })
  const { environment: given, warnings: loaded, own: _, engine, ...rest } = all
  // What is `undefined` in loaded settings is meant to be: no default of production takes its place.
  const isComplete = sessionSettings.every(({ key }) => key in all)
  const fault = given === undefined ? undefined : environmentFault(given, 'environment', OPTIONS)
  const environment =
    fault === undefined ? String(given ?? (process.env.NODE_ENV || DEFAULT_ENVIRONMENT)) : ''
  const isProduction = environment === 'production'
  // An engine that is handed in is checked where it is opened.
  const hasOwnEngine = typeof engine === 'function' || (typeof engine === 'object' && engine !== null)
  const layer = codeLayer(OPTIONS, hasOwnEngine ? rest : { engine, ...rest })
  const { held, faults } = resolve(sessionSettings, [layer], {
    isProduction: isProduction && !isComplete,
    hasOwnEngine,
  })
  const weak = weakKeys(held, 'code')
  const wrong = [
    ...(fault === undefined ? [] : [fault]),
    ...faults,
    ...brokenRules(held, 'code'),
    ...(hasOwnEngine ? [] : djangoFaults(held, 'code')),
    ...(hasOwnEngine ? [] : [...brokenMove(held, 'code'), ...unnamedCookie(held, 'code')]),
    ...(isProduction ? weak : []),
  ]
  if (wrong.length > 0) throw new SettingsError(wrong)
  const warnings = [
    ...(Array.isArray(loaded) ? loaded.map(String) : []),
    ...(isComplete ? [] : misspelledProduction(environment)),
    ...brokenRulesOfThumb(held, 'code'),
    ...(hasOwnEngine ? [] : unusedMove(held, 'code')),
    ...(isProduction ? [] : weak.map(weakKeyWarning)),
  ]
  return freeze(sessionSettings, held, { environment, warnings })
}

/** `prod` and `Production` have none of what protects production. */
function misspelledProduction(environment: string): string[] {
  const isMeant = nearestEnvironment(environment, ['production']) !== undefined
  if (environment === 'production' || !isMeant) return []
  return [
    `The environment ${environment} has the settings of development: no Secure cookie, no timeouts. Did you mean production?`,
  ]
}

/** Makes one frozen object of values that are all right, and remembers where they came from. */
function freeze<Loaded extends Settings>(
  definitions: readonly Setting[],
  held: ReadonlyMap<string, Held>,
  { environment, warnings }: Pick<Settings, 'environment' | 'warnings'>,
): Loaded {
  const values: Record<string, unknown> = {}
  const own: Record<string, unknown> = {}
  for (const [key, now] of held) {
    const value = now.kind === 'good' ? now.value : undefined
    if (key.startsWith(OWN)) own[key.slice(OWN.length)] = value
    else values[key] = value
  }
  const rest = { environment, warnings: Object.freeze([...warnings]), own: Object.freeze(own) }
  // Every value has passed its setting's check, which is what the type says.
  const settings = Object.freeze({ ...values, ...rest }) as unknown as Loaded
  keepDescription(settings, rowsOf(definitions, held, []))
  return settings
}
