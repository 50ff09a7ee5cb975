import { randomBytes } from 'node:crypto'
import type { SettingFault } from './errors.js'
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

/** A key that is given has to be long enough in production. `name` is how to call the setting. */
export function judgeSecretKey(held: Held | undefined, environment: string, name: string): SecretKeyFindings {
  const key = held?.kind === 'good' ? held.value : undefined
  if (held === undefined || typeof key !== 'string' || key.length >= SHORTEST)
    return { faults: [], warnings: [] }
  const problem = `is shorter than ${SHORTEST} characters`
  if (environment !== 'production')
    return { faults: [], warnings: [`${name} (${held.layer}) ${problem}. ${REMEDY}`] }
  return { faults: [{ name, value: HIDDEN, layer: held.layer, problem, remedy: REMEDY }], warnings: [] }
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
