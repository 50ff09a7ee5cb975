import type { SettingKey } from './definitions.js'
import { keepAccount, rowsOf } from './describe.js'
import type { Held } from './resolve.js'
import type { Settings } from './settings.js'

/** Makes one frozen object of values that are all right, and remembers where they came from. */
export function freezeSettings(
  held: ReadonlyMap<SettingKey, Held>,
  environment: string,
  warnings: readonly string[],
): Settings {
  const values = [...held].map(([key, now]) => [
    key,
    now.kind === 'good' ? deeplyFrozen(now.value) : undefined,
  ])
  // Every value has passed its setting's schema, which is what the type says.
  const settings = Object.freeze({ ...Object.fromEntries(values), environment }) as Settings
  keepAccount(settings, { rows: rowsOf(held, []), warnings })
  return settings
}

/** A value is a primitive or a list of primitives; the list is the schema's copy, not the caller's. */
function deeplyFrozen(value: unknown): unknown {
  return Array.isArray(value) ? Object.freeze(value) : value
}
