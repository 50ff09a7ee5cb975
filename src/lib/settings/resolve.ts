import { isDeepStrictEqual } from 'node:util'
import { type Setting, type SettingKey, settingList } from './definitions.js'
import type { SettingFault } from './errors.js'
import { allSpellingsIn, BUILT_IN, type Layer, spellingsIn } from './layers.js'
import { nearest } from './nearest.js'
import { HIDDEN, shownAsGiven } from './show.js'
import { judge } from './validate.js'

/** What is in effect for one setting: a checked value, or the wrong one that stands in its place. */
export type Held =
  | { readonly kind: 'good'; readonly value: unknown; readonly layer: string }
  | { readonly kind: 'wrong'; readonly shown: string; readonly layer: string }

export interface Resolved {
  readonly held: ReadonlyMap<SettingKey, Held>
  readonly faults: readonly SettingFault[]
}

/** Judges every value of every layer and keeps, of each setting, the one of the last layer that has it. */
export function resolve(layers: readonly Layer[]): Resolved {
  const held = new Map<SettingKey, Held>()
  const faults: SettingFault[] = []
  for (const setting of settingList) {
    held.set(setting.key, { kind: 'good', value: setting.default, layer: BUILT_IN })
    for (const layer of layers) {
      const found = inLayer(setting, layer)
      if (found === undefined) continue
      held.set(setting.key, found.held)
      faults.push(...found.faults)
    }
  }
  for (const layer of layers) faults.push(...unknownNames(layer))
  return { held, faults }
}

interface Found {
  readonly held: Held
  readonly faults: readonly SettingFault[]
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
    const judgement = judge(setting, spelling, raw, layer)
    if (judgement.kind === 'good') values.push(judgement.value)
    else faults.push(faultOf(setting, { spelling, raw, layer, ...judgement }))
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

function unknownNames({ name: layer, origin, values }: Layer): SettingFault[] {
  if (origin === 'environment') return []
  const known = allSpellingsIn(origin)
  return [...values.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => {
      const meant = nearest(name, known)
      const remedy = meant === undefined ? `There are ${known.join(', ')}.` : `Did you mean ${meant}?`
      // Its value is not shown: it may be a misspelled SECRET_KEY's.
      return { name, value: HIDDEN, layer, problem: 'is no setting', remedy }
    })
}

/** Names in the environment that look like a setting's, misspelled. The environment is full of others. */
export function misspelled({ name: layer, origin, values }: Layer): string[] {
  const known = allSpellingsIn(origin)
  return [...values.keys()]
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(name, known)
      return meant === undefined
        ? []
        : [`${name} (${layer}) is no setting and has no effect. Did you mean ${meant}?`]
    })
}
