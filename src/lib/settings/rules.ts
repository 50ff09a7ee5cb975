import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { GOOD_KEY, SHORTEST_KEY, weaknessesOf } from '../codecs/secret-key.js'
import { BUILT_IN_PRODUCTION } from './check.js'
import { type Setting, settingOf } from './definitions.js'
import { type Held, HIDDEN, shownAsGiven } from './describe.js'
import { djangosCodec } from './django-rules.js'
import type { SettingFault } from './errors.js'
import { nameIn, type Origin } from './layers.js'
import type { SettingKey } from './settings.js'

type HeldSettings = ReadonlyMap<string, Held>

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
export function brokenRules(held: HeldSettings, origin: Origin): SettingFault[] {
  const needs = breaches(rules, held).map(({ setting, has, needed, other, toBe }) => {
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
  return [...needs, ...timeoutFaults(held, origin)]
}

/** What stops no start, but is likely to surprise (S40): sentences for people. */
export function brokenRulesOfThumb(held: HeldSettings, origin: Origin): string[] {
  return breaches(rulesOfThumb, held).map(({ setting, has, needed, other, toBe }) => {
    const neededName = nameIn(origin, needed)
    return (
      `${nameIn(origin, setting)} (${has.layer}) is for pages that other sites embed, and those get the cookie only ` +
      `where ${neededName} is ${toBe}: it is ${shownAsGiven(needed, other.value)} (${other.layer}).`
    )
  })
}

/** A setting with its value, which is right by itself. */
interface Given {
  readonly setting: Setting
  readonly has: Extract<Held, { kind: 'good' }>
}

interface Breach extends Given {
  readonly needed: Setting
  readonly other: Given['has']
  readonly toBe: unknown
}

function breaches(rules: readonly Rule[], held: HeldSettings): Breach[] {
  return rules.flatMap(({ setting, when, needs, toBe }) => {
    const given = givenOf(setting, held)
    const needed = givenOf(needs, held)
    if (given === undefined || needed === undefined) return []
    const isBroken = when(given.has.value) && needed.has.value !== toBe
    return isBroken ? [{ ...given, needed: needed.setting, other: needed.has, toBe }] : []
  })
}

function givenOf(key: SettingKey, held: HeldSettings): Given | undefined {
  const has = held.get(key)
  return has?.kind === 'good' ? { setting: settingOf(key), has } : undefined
}

/** An idle timeout that the absolute one never lets pass was meant in another way (S22). */
function timeoutFaults(held: HeldSettings, origin: Origin): SettingFault[] {
  const idle = givenOf('idleTimeout', held)
  const absolute = givenOf('absoluteTimeout', held)
  if (idle === undefined || absolute === undefined) return []
  const [seconds, most] = [idle.has.value, absolute.has.value]
  if (typeof seconds !== 'number' || typeof most !== 'number' || seconds <= most) return []
  // Nobody wrote the built-in one: the earlier end counts.
  if (idle.has.layer === BUILT_IN_PRODUCTION) return []
  const limit = nameIn(origin, absolute.setting)
  return [
    {
      name: nameIn(origin, idle.setting),
      value: shownAsGiven(idle.setting, seconds),
      layer: idle.has.layer,
      problem: `is more than ${limit}, which is ${most} (${absolute.has.layer})`,
      remedy: `The session is over before it could have been idle for so long: give ${most} or less, or raise ${limit}.`,
    },
  ]
}

const GIVE_GOOD_KEY = `Give ${GOOD_KEY}.`
/** `startproject` makes a key for development, which begins with `django-insecure-`. */
const GIVE_BOTH = `${GIVE_GOOD_KEY} Django has to get the same at the same time.`

/**
 * The faults of keys that can be guessed: an earlier one opens as much as the present one. A key that is given twice is
 * one, since whoever did so has meant to replace it (S55).
 */
export function weakKeys(held: HeldSettings, origin: Origin): SettingFault[] {
  const given = (['secretKey', 'secretKeyFallbacks'] as const).flatMap((key) => {
    const one = givenOf(key, held)
    const keys = [one?.has.value ?? []].flat().map(String)
    return one === undefined ? [] : keys.map((text) => ({ ...one, text }))
  })
  const remedy = djangosCodec(held) === undefined ? GIVE_GOOD_KEY : GIVE_BOTH
  const weaknesses = weaknessesOf(given.map(({ text }) => text))
  const faults = given.flatMap(({ setting, has }, place): SettingFault[] => {
    const weakness = weaknesses[place]
    if (weakness === undefined) return []
    const problem = Array.isArray(has.value) ? `holds a key that ${weakness}` : weakness
    return [{ name: nameIn(origin, setting), value: HIDDEN, layer: has.layer, problem, remedy }]
  })
  return faults.filter(({ problem }, place) => faults.findIndex((one) => one.problem === problem) === place)
}

export function weakKeyWarning({ name, layer, problem, remedy }: SettingFault): string {
  return `${name} (${layer}) ${problem}. ${remedy}`
}

type SecretKeyInstead = { readonly held: Held; readonly warning: string } | { readonly fault: SettingFault }

/** What takes the place of a secret key that nobody gave in any layer. */
export function insteadOfSecretKey(layer: string, isProduction: boolean): SecretKeyInstead {
  if (isProduction) {
    const problem = 'is missing, and production needs one'
    return { fault: { name: 'SECRET_KEY', value: 'none', layer, problem, remedy: GIVE_GOOD_KEY } }
  }
  const value = randomBytes(SHORTEST_KEY).toString('base64url')
  return {
    held: { kind: 'good', value, layer: 'generated' },
    warning: 'SECRET_KEY is not set: one was generated, and another will be at the next start.',
  }
}
