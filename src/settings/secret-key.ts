import { randomBytes } from 'node:crypto'
import { type SettingKey, settingList } from './definitions.js'
import type { SettingFault } from './errors.js'
import { nameIn, type Origin } from './layers.js'
import type { Held } from './resolve.js'
import { HIDDEN } from './show.js'

/** Characters. At random from base64 these are 192 bits. */
const SHORTEST = 32

const REMEDY = `Give ${SHORTEST} characters or more that nobody can guess, such as \`openssl rand -base64 48\` prints.`

/** What is to be said about the secret key in this environment. */
export interface SecretKeyFindings {
  readonly faults: readonly SettingFault[]
  readonly warnings: readonly string[]
}

/** Every key that is given has to be long enough in production: an earlier one opens as much as the present one. */
export function judgeSecretKeys(
  held: ReadonlyMap<SettingKey, Held>,
  environment: string,
  origin: Origin,
): SecretKeyFindings {
  const short = settingList.flatMap((setting): SettingFault[] => {
    const now = setting.secret === 'value' ? held.get(setting.key) : undefined
    if (now?.kind !== 'good' || now.value === undefined) return []
    const keys = [now.value].flat()
    if (keys.every((key) => String(key).length >= SHORTEST)) return []
    const problem = Array.isArray(now.value)
      ? `holds a key that is shorter than ${SHORTEST} characters`
      : `is shorter than ${SHORTEST} characters`
    return [{ name: nameIn(origin, setting), value: HIDDEN, layer: now.layer, problem, remedy: REMEDY }]
  })
  if (environment === 'production') return { faults: short, warnings: [] }
  const warnings = short.map(({ name, layer, problem, remedy }) => `${name} (${layer}) ${problem}. ${remedy}`)
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
  const value = randomBytes(SHORTEST).toString('base64url')
  return {
    kind: 'generated',
    held: { kind: 'good', value, layer: 'generated' },
    warning: 'SECRET_KEY is not set: one was generated, and another will be at the next start.',
  }
}
