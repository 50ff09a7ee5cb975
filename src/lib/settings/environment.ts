import { inspect } from 'node:util'
import type { SettingFault } from './errors.js'
import { DEFAULT_ENVIRONMENT } from './settings.js'

/** The environment's name, and what is wrong with it: it becomes part of a file's name. */
export interface NamedEnvironment {
  readonly environment: string
  readonly faults: readonly SettingFault[]
}

export function checkEnvironment(given: unknown, name: string, layer: string): NamedEnvironment {
  if (typeof given === 'string' && /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(given))
    return { environment: given, faults: [] }
  const fault: SettingFault = {
    name,
    value: inspect(given, { depth: -1 }),
    layer,
    problem: 'cannot name an environment',
    remedy: 'Give letters, digits, dots, dashes and underscores, such as production.',
  }
  return { environment: DEFAULT_ENVIRONMENT, faults: [fault] }
}
