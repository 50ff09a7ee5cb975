import { type SettingKey, settingList } from './definitions.js'
import type { SettingFault } from './errors.js'
import { nameIn } from './layers.js'
import type { Held } from './resolve.js'
import type { Settings } from './settings.js'
import { shown } from './show.js'

/** A setting in effect, as anybody may see it. */
export interface SettingDescription {
  readonly name: string
  readonly key: SettingKey
  /** The value; secrets are redacted. */
  readonly shown: string
  /** Where the value came from. */
  readonly layer: string
  /** What the setting decides, in one line. */
  readonly meaning: string
  /** Whether this value stops the start. */
  readonly faulty: boolean
}

/** Where settings came from: kept beside them, so that a `Settings` is its values and nothing else. */
interface Account {
  readonly rows: readonly SettingDescription[]
  readonly warnings: readonly string[]
}

const accounts = new WeakMap<object, Account>()

export function keepAccount(settings: Settings, account: Account): void {
  accounts.set(settings, account)
}

/** Whether `value` is a Settings object that was checked here, not a copy of one. */
export function isSettings(value: object): value is Settings {
  return accounts.has(value)
}

/**
 * Every setting with its value and the layer it came from, in the order of the documentation.
 *
 * @throws TypeError if `settings` is not what `loadSettings` or `checkOptions` answered: of a copy nothing is known.
 */
export function describeSettings(settings: Settings): readonly SettingDescription[] {
  return accountOf(settings).rows
}

/**
 * What is not wrong, but likely to surprise: sentences for people.
 *
 * @throws TypeError as `describeSettings`.
 */
export function settingsWarnings(settings: Settings): readonly string[] {
  return accountOf(settings).warnings
}

function accountOf(settings: Settings): Account {
  const account = accounts.get(settings)
  if (account === undefined)
    throw new TypeError('These settings are a copy: pass the object that was loaded.')
  return account
}

/** One row for each setting, wrong ones marked. */
export function rowsOf(
  held: ReadonlyMap<SettingKey, Held>,
  faults: readonly SettingFault[],
): SettingDescription[] {
  return settingList.flatMap((setting) => {
    const now = held.get(setting.key)
    if (now === undefined) return []
    const { name, key, meaning } = setting
    const faulty =
      now.kind === 'wrong' ||
      faults.some(
        (fault) => fault.layer === now.layer && [name, nameIn('code', setting)].includes(fault.name),
      )
    return {
      name,
      key,
      meaning,
      layer: now.layer,
      faulty,
      shown: now.kind === 'good' ? shown(setting, now.value) : now.shown,
    }
  })
}
