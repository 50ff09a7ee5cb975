import { randomBytes } from 'node:crypto'
import { GOOD_KEY } from '../engines/secret-keys.js'
import { type SettingKey, settingList } from './definitions.js'
import type { SettingFault } from './errors.js'
import { nameIn, type Origin } from './layers.js'
import type { Held } from './resolve.js'
import { HIDDEN } from './show.js'
import { SHORTEST_KEY, weaknessOf } from './weak-key.js'

const REMEDY = `Give ${GOOD_KEY}.`

/** What is to be said about the secret key in this environment. */
export interface SecretKeyFindings {
  readonly faults: readonly SettingFault[]
  readonly warnings: readonly string[]
}

/**
 * No key that is given may be one that can be guessed, in production: an earlier one opens as much as the present one.
 * Nor may one be given twice, since who does so has meant to replace it (S55).
 */
export function judgeSecretKeys(
  held: ReadonlyMap<SettingKey, Held>,
  environment: string,
  origin: Origin,
): SecretKeyFindings {
  const seen = new Set<unknown>()
  const weak = settingList.flatMap((setting): SettingFault[] => {
    const now = setting.secret === 'value' ? held.get(setting.key) : undefined
    if (now?.kind !== 'good' || now.value === undefined) return []
    const weaknesses = [now.value].flat().flatMap((key) => {
      const weakness = seen.has(key) ? 'is given twice' : weaknessOf(String(key))
      seen.add(key)
      return weakness ?? []
    })
    return [...new Set(weaknesses)].map((weakness) => ({
      name: nameIn(origin, setting),
      value: HIDDEN,
      layer: now.layer,
      problem: Array.isArray(now.value) ? `holds a key that ${weakness}` : weakness,
      remedy: REMEDY,
    }))
  })
  if (environment === 'production') return { faults: weak, warnings: [] }
  const warnings = weak.map(({ name, layer, problem, remedy }) => `${name} (${layer}) ${problem}. ${remedy}`)
  return { faults: [], warnings }
}

export type SecretKeyInstead =
  | { readonly kind: 'generated'; readonly held: Held; readonly warning: string }
  | { readonly kind: 'missing'; readonly fault: SettingFault }

/** What takes the place of a secret key that nobody gave. */
export function insteadOfSecretKey(layer: string, environment: string): SecretKeyInstead {
  if (environment === 'production') {
    const problem = 'is missing, and production needs one'
    return { kind: 'missing', fault: { name: 'SECRET_KEY', value: 'none', layer, problem, remedy: REMEDY } }
  }
  const value = randomBytes(SHORTEST_KEY).toString('base64url')
  return {
    kind: 'generated',
    held: { kind: 'good', value, layer: 'generated' },
    warning: 'SECRET_KEY is not set: one was generated, and another will be at the next start.',
  }
}
