import { isSettings } from './describe.js'
import { checkEnvironment } from './environment.js'
import { SettingsError } from './errors.js'
import { freezeSettings } from './freeze.js'
import { codeLayer } from './layers.js'
import { resolve } from './resolve.js'
import { brokenRules, brokenRulesOfThumb } from './rules.js'
import { judgeSecretKeys } from './secret-key.js'
import { DEFAULT_ENVIRONMENT, type Settings } from './settings.js'

const LAYER = 'options'

/**
 * Settings from code alone, by their names in code, over the built-in defaults: neither a file nor the environment is
 * read, and no secret key is generated or demanded. What `loadSettings` answered comes back as it is.
 *
 * @throws SettingsError if a name is unknown or a value wrong; it names every fault.
 */
export function checkOptions(options: Readonly<Record<string, unknown>> | Settings): Settings {
  if (isSettings(options)) return options
  const { environment: given = DEFAULT_ENVIRONMENT, ...rest } = options
  const { environment, faults } = checkEnvironment(given, 'environment', LAYER)
  const resolved = resolve([codeLayer(LAYER, rest)])
  const secret = judgeSecretKeys(resolved.held, environment, 'code')
  const all = [...faults, ...resolved.faults, ...brokenRules(resolved, 'code'), ...secret.faults]
  if (all.length > 0) throw new SettingsError(all)
  return freezeSettings(resolved.held, environment, [
    ...secret.warnings,
    ...brokenRulesOfThumb(resolved, 'code'),
  ])
}
