import type { Setting } from './definitions.js'
import type { Layer } from './layers.js'
import { nearest } from './nearest.js'

export type Judgement =
  | { readonly kind: 'good'; readonly value: unknown }
  | { readonly kind: 'wrong'; readonly problem: string; readonly remedy: string }

/** Whether `given` is right for the setting, and then its typed value. */
export function judge(setting: Setting, spelling: string, given: unknown, { origin }: Layer): Judgement {
  if (setting.mayBeEmpty && (given === '' || given === null)) return { kind: 'good', value: setting.default }
  const isText = typeof given === 'string'
  const result = setting.schema.safeParse(isText && origin === 'environment' ? setting.read(given) : given)
  if (result.success) return { kind: 'good', value: result.data }

  const [issue] = result.error.issues
  const problem = given === '' ? 'is empty' : (issue?.message ?? 'is not right')
  if (isText && origin !== 'environment') {
    const meant = setting.read(given)
    const unquoted = typeof meant === 'number' || typeof meant === 'boolean'
    if (unquoted && setting.schema.safeParse(meant).success) {
      return { kind: 'wrong', problem: 'is text', remedy: `Drop the quotes: ${spelling}: ${meant}.` }
    }
  }
  const meant = isText ? nearest(given, setting.choices ?? []) : undefined
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  return { kind: 'wrong', problem, remedy: `Give ${setting.right}.${hint}` }
}
