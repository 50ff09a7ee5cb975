import { inspect } from 'node:util'
import { type Setting, type SettingKey, settingList } from './definitions.js'
import type { SettingFault } from './errors.js'
import { nameIn, type Origin } from './layers.js'
import { brokenOrders } from './orders.js'
import type { Held, Resolved } from './resolve.js'
import { shownAsGiven } from './show.js'

/** When `setting` is such that `when` holds, the setting `needs` must be `toBe`. */
interface Rule {
  readonly setting: SettingKey
  readonly when: (value: unknown) => boolean
  readonly needs: SettingKey
  readonly toBe: unknown
}

const named = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value)

/** Browsers drop a cookie that breaks one of these without a word (RFC 6265bis, CHIPS; S37 to S40). Prefixes ignore case. */
const rules: readonly Rule[] = [
  { setting: 'cookieSameSite', when: (value) => value === 'None', needs: 'cookieSecure', toBe: true },
  { setting: 'cookiePartitioned', when: (value) => value === true, needs: 'cookieSecure', toBe: true },
  { setting: 'cookieName', when: named(/^__(host|secure|http)-/i), needs: 'cookieSecure', toBe: true },
  { setting: 'cookieName', when: named(/^__host-/i), needs: 'cookiePath', toBe: '/' },
  { setting: 'cookieName', when: named(/^__host-/i), needs: 'cookieDomain', toBe: undefined },
  { setting: 'cookieName', when: named(/^__(host-)?http-/i), needs: 'cookieHttpOnly', toBe: true },
]

/** What browsers take, but hardly as it was meant. */
const rulesOfThumb: readonly Rule[] = [
  { setting: 'cookiePartitioned', when: (value) => value === true, needs: 'cookieSameSite', toBe: 'None' },
]

/** The faults of settings that are right by themselves, but not together. `origin` says how to name them. */
export function brokenRules(resolved: Pick<Resolved, 'held'>, origin: Origin): SettingFault[] {
  return [...brokenNeeds(resolved, origin), ...brokenOrders(resolved, origin)]
}

function brokenNeeds({ held }: Pick<Resolved, 'held'>, origin: Origin): SettingFault[] {
  return broken(rules, held).map(({ setting, has, needed, other, toBe }) => {
    const name = nameIn(origin, setting)
    const neededName = nameIn(origin, needed)
    const is = `${shownAsGiven(needed, other.value)} (${other.layer})`
    const wanted = toBe === undefined ? 'to be unset' : `to be ${inspect(toBe)}`
    const change = toBe === undefined ? `unset ${neededName}` : `set ${neededName} to ${toBe}`
    const whyNotAuto =
      other.value === 'auto' ? ' auto will not do: given over plain HTTP, the cookie would lack Secure.' : ''
    return {
      name,
      value: shownAsGiven(setting, has.value),
      layer: has.layer,
      problem: `needs ${neededName} ${wanted}, which is ${is}`,
      remedy: `Browsers drop the cookie otherwise: ${change}, or choose another ${name}.${whyNotAuto}`,
    }
  })
}

/** What stops no start, but is likely to surprise (S40): sentences for people. */
export function brokenRulesOfThumb({ held }: Pick<Resolved, 'held'>, origin: Origin): string[] {
  return broken(rulesOfThumb, held).map(({ setting, has, needed, other, toBe }) => {
    const neededName = nameIn(origin, needed)
    return (
      `${nameIn(origin, setting)} (${has.layer}) is for pages that other sites embed, and those get the cookie only ` +
      `where ${neededName} is ${toBe}: it is ${shownAsGiven(needed, other.value)} (${other.layer}).`
    )
  })
}

type Good = Extract<Held, { kind: 'good' }>

interface Breach extends Pick<Rule, 'toBe'> {
  readonly setting: Setting
  readonly has: Good
  readonly needed: Setting
  readonly other: Good
}

function broken(rules: readonly Rule[], held: Resolved['held']): Breach[] {
  return rules.flatMap(({ setting: key, when, needs, toBe }) => {
    const setting = settingList.find((one) => one.key === key)
    const needed = settingList.find((one) => one.key === needs)
    const has = held.get(key)
    const other = held.get(needs)
    if (setting === undefined || needed === undefined || has?.kind !== 'good' || other?.kind !== 'good')
      return []
    return when(has.value) && other.value !== toBe ? [{ setting, has, needed, other, toBe }] : []
  })
}
