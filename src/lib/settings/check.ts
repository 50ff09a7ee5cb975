import { isDeepStrictEqual } from 'node:util'
import type { Setting } from './definitions.js'
import { goodValue, type Held, shownAsGiven } from './describe.js'
import type { SettingFault } from './errors.js'
import { type Layer, type Origin, spellingsIn } from './layers.js'
import { nearest, unknownNames } from './unknown-names.js'

const BUILT_IN = 'built-in default'
export const BUILT_IN_PRODUCTION = 'built-in default of production'

/** The value in effect of every setting, by its key, and what is wrong anywhere. */
export interface Resolved {
  readonly held: ReadonlyMap<string, Held>
  readonly faults: readonly SettingFault[]
}

interface Choice {
  /** Whether the defaults are those of production. */
  readonly isProduction: boolean
  /** The engine, where it is neither one of ours nor a setting: it uses none of the settings that are for our engines. */
  readonly hasOwnEngine?: boolean
}

/** Checks every value of every layer and keeps, of each setting, the one of the last layer that has it. */
export function resolve(
  settings: readonly Setting[],
  layers: readonly Layer[],
  { isProduction, hasOwnEngine = false }: Choice,
): Resolved {
  const held = new Map<string, Held>()
  const wrong = new Map<Setting, readonly SettingFault[]>()
  for (const setting of settings) {
    const found = inLayers(setting, layers, isProduction)
    held.set(setting.key, found.held)
    wrong.set(setting, found.faults)
  }
  const engines = enginesInUse(held, hasOwnEngine)
  const faults: SettingFault[] = []
  for (const [setting, itsFaults] of wrong) {
    if (setting.usedBy?.some((engine) => engines.includes(engine)) ?? true) faults.push(...itsFaults)
    // DATABASE_URL of an application that keeps its sessions in Redis may be of any kind.
    else if (itsFaults.length > 0) held.set(setting.key, builtIn(setting, isProduction).held)
  }
  for (const layer of layers) faults.push(...unknownNames(layer, settings))
  return { held: withFittingCookieName(withDjangosDefaults(held)), faults }
}

/**
 * Django would not find a cookie of another name, and knows no timeouts. Where nobody has decided, both do the same; and
 * while sessions leave Django, none ends that goes on there.
 */
function withDjangosDefaults(held: ReadonlyMap<string, Held>): ReadonlyMap<string, Held> {
  const isInCookies = goodValue(held, 'engine') === 'signed_cookies'
  const isDjangos = goodValue(held, isInCookies ? 'cookieCodec' : 'codec') === 'django'
  if (!isDjangos && !isLeavingDjango(held)) return held
  const defaults = {
    ...(isDjangos && { cookieName: 'sessionid' }),
    idleTimeout: undefined,
    absoluteTimeout: undefined,
  }
  const changed = Object.entries(defaults).flatMap(([key, value]): [string, Held][] => {
    const now = held.get(key)
    const isOurs = now?.kind === 'good' && now.layer === BUILT_IN_PRODUCTION
    return isOurs ? [[key, { kind: 'good', value, layer: BUILT_IN }]] : []
  })
  return new Map([...held, ...changed])
}

/** Whether sessions are moved out of Django's table, files or cookies. */
export function isLeavingDjango(held: ReadonlyMap<string, Held>): boolean {
  const chosen = (key: string): unknown => goodValue(held, key)
  const from = chosen('moveFrom')
  if (from === 'signed_cookies') return chosen('cookieCodec') === 'django'
  return from !== undefined && chosen('moveFromCodec') === 'django' && chosen('codec') !== 'django'
}

/**
 * The name that production gives the cookie promises browsers what the other settings have to keep. Where somebody has
 * decided otherwise, and has given no name, the name promises less.
 */
function withFittingCookieName(held: ReadonlyMap<string, Held>): ReadonlyMap<string, Held> {
  const name = held.get('cookieName')
  const [secure, path, domain] = ['cookieSecure', 'cookiePath', 'cookieDomain'].map((key) =>
    goodValue(held, key),
  )
  const isOurs = name?.kind === 'good' && name.layer === BUILT_IN_PRODUCTION
  if (!isOurs || (secure === true && path === '/' && domain === undefined)) return held
  const value = secure === true ? '__Secure-sessionid' : 'sessionid'
  return new Map(held).set('cookieName', { ...name, value })
}

interface Found {
  readonly held: Held
  readonly faults: readonly SettingFault[]
}

function builtIn(setting: Setting, isProduction: boolean): Found {
  const { value, layer } =
    isProduction && setting.production !== undefined
      ? { ...setting.production, layer: BUILT_IN_PRODUCTION }
      : { value: setting.default, layer: BUILT_IN }
  const checked = setting.check(value)
  if ('problem' in checked)
    throw new TypeError(`the ${layer} of ${setting.name} is refused by its own check: it ${checked.problem}`)
  return { held: { kind: 'good', value: checked.value, layer }, faults: [] }
}

function inLayers(setting: Setting, layers: readonly Layer[], isProduction: boolean): Found {
  const all = layers.flatMap((layer) => inLayer(setting, layer) ?? [])
  const last = all.at(-1) ?? builtIn(setting, isProduction)
  return { held: last.held, faults: all.flatMap(({ faults }) => faults) }
}

/** The chosen engine, the one that sessions are moved from, and where revocations are remembered. One that is wrong is none until it is put right. */
function enginesInUse(held: ReadonlyMap<string, Held>, hasOwnEngine: boolean): readonly unknown[] {
  const engine = hasOwnEngine ? undefined : goodValue(held, 'engine')
  const engines = [engine, goodValue(held, 'moveFrom')]
  return engine === 'signed_cookies' ? [...engines, goodValue(held, 'revocationStore')] : engines
}

/** A layer may give a setting under several spellings, as long as they agree. */
function inLayer(setting: Setting, layer: Layer): Found | undefined {
  const given = spellingsIn(layer.origin, setting)
    .filter((spelling) => layer.values.has(spelling))
    .map((spelling) => ({ spelling, raw: layer.values.get(spelling) }))
  const [first] = given
  if (first === undefined) return undefined

  const faults: SettingFault[] = []
  const values: unknown[] = []
  for (const { spelling, raw } of given) {
    const verdict = checkValue(setting, spelling, raw, layer.origin)
    if (verdict.kind === 'good') values.push(verdict.value)
    else faults.push(faultOf(setting, { spelling, raw, layer, ...verdict }))
  }
  const [value, ...others] = values
  if (faults.length === 0 && others.some((other) => !isDeepStrictEqual(other, value))) {
    const spellings = given.map(({ spelling }) => spelling).join(' and ')
    const problem = `is given twice, with different values, as ${spellings}`
    faults.push(faultOf(setting, { ...first, layer, problem, remedy: `Keep ${first.spelling} alone.` }))
  }
  const [fault] = faults
  if (fault === undefined) return { held: { kind: 'good', value, layer: layer.name }, faults }
  return { held: { kind: 'wrong', shown: fault.value ?? '', layer: layer.name }, faults }
}

interface Finding {
  readonly spelling: string
  readonly raw: unknown
  readonly layer: Layer
  readonly problem: string
  readonly remedy: string
}

function faultOf(setting: Setting, { spelling, raw, layer, problem, remedy }: Finding): SettingFault {
  return { name: spelling, value: shownAsGiven(setting, raw), layer: layer.name, problem, remedy }
}

type Verdict =
  | { readonly kind: 'good'; readonly value: unknown }
  | { readonly kind: 'wrong'; readonly problem: string; readonly remedy: string }

/** Whether `given` is right for the setting, and then its typed value. */
function checkValue(setting: Setting, spelling: string, given: unknown, origin: Origin): Verdict {
  if (setting.empty !== undefined && (given === '' || given === null))
    return { kind: 'good', value: setting.empty.value }
  const isText = typeof given === 'string'
  const checked = setting.check(isText && origin === 'environment' ? setting.read(given) : given)
  if ('value' in checked) return { kind: 'good', value: checked.value }

  if (isText && origin !== 'environment') {
    const meant = setting.read(given)
    const isUnquoted = typeof meant === 'number' || typeof meant === 'boolean'
    if (isUnquoted && 'value' in setting.check(meant))
      return { kind: 'wrong', problem: 'is text', remedy: `Drop the quotes: ${spelling}: ${meant}.` }
  }
  const meant = isText ? nearest(given, setting.choices ?? []) : undefined
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  return {
    kind: 'wrong',
    problem: given === '' ? 'is empty' : checked.problem,
    remedy: `Give ${setting.right}.${hint}`,
  }
}
