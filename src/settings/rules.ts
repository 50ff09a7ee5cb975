import { inspect } from 'node:util'
import { type SettingKey, settingList } from './definitions.js'
import type { SettingFault } from './errors.js'
import { nameIn, type Origin } from './layers.js'
import { brokenOrders } from './orders.js'
import type { Resolved } from './resolve.js'
import { shownAsGiven } from './show.js'

/** When `setting` is such that `when` holds, the setting `needs` must be `toBe`. */
interface Rule {
  readonly setting: SettingKey
  readonly when: (value: unknown) => boolean
  readonly needs: SettingKey
  readonly toBe: unknown
}

const named = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value)

/** Browsers drop a cookie that breaks one of these without a word (RFC 6265bis; S37 to S39). Prefixes ignore case. */
const rules: readonly Rule[] = [
  { setting: 'cookieSameSite', when: (value) => value === 'None', needs: 'cookieSecure', toBe: true },
  { setting: 'cookieName', when: named(/^__(host|secure|http)-/i), needs: 'cookieSecure', toBe: true },
  { setting: 'cookieName', when: named(/^__host-/i), needs: 'cookiePath', toBe: '/' },
  { setting: 'cookieName', when: named(/^__host-/i), needs: 'cookieDomain', toBe: undefined },
  { setting: 'cookieName', when: named(/^__(host-)?http-/i), needs: 'cookieHttpOnly', toBe: true },
]

/** The faults of settings that are right by themselves, but not together. `origin` says how to name them. */
export function brokenRules(resolved: Pick<Resolved, 'held'>, origin: Origin): SettingFault[] {
  return [...brokenNeeds(resolved, origin), ...brokenOrders(resolved, origin)]
}

function brokenNeeds({ held }: Pick<Resolved, 'held'>, origin: Origin): SettingFault[] {
  return rules.flatMap(({ setting: key, when, needs: neededKey, toBe }) => {
    const setting = settingList.find((one) => one.key === key)
    const needed = settingList.find((one) => one.key === neededKey)
    const has = held.get(key)
    const other = held.get(neededKey)
    if (setting === undefined || needed === undefined || has?.kind !== 'good' || other?.kind !== 'good')
      return []
    if (!when(has.value) || other.value === toBe) return []

    const name = nameIn(origin, setting)
    const neededName = nameIn(origin, needed)
    const is = `${shownAsGiven(needed, other.value)} (${other.layer})`
    const wanted = toBe === undefined ? 'to be unset' : `to be ${inspect(toBe)}`
    const change = toBe === undefined ? `unset ${neededName}` : `set ${neededName} to ${toBe}`
    return {
      name,
      value: shownAsGiven(setting, has.value),
      layer: has.layer,
      problem: `needs ${neededName} ${wanted}, which is ${is}`,
      remedy: `Browsers drop the cookie otherwise: ${change}, or choose another ${name}.`,
    }
  })
}
