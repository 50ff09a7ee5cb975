import { type Setting, settingList } from './definitions.js'

/** One place where settings can be given, and what was given there. */
export interface Layer {
  /** As people know it: "config/local.json5", "environment". */
  readonly name: string
  /** Files and the environment use the settings' names, code their keys; the environment's values are text. */
  readonly origin: Origin
  readonly values: ReadonlyMap<string, unknown>
}

export type Origin = 'file' | 'environment' | 'code'

export const BUILT_IN = 'built-in default'

/** The setting's own name in this place. */
export function nameIn(origin: Origin, { name, key }: Setting): string {
  return origin === 'code' ? key : name
}

/** Every way to spell the setting in this place, its own name first. */
export function spellingsIn(origin: Origin, setting: Setting): readonly string[] {
  const own = nameIn(origin, setting)
  if (origin === 'code') return [own, ...(setting.keys ?? [])]
  return setting.django ? [own, `SESSION_${own}`] : [own]
}

export function allSpellingsIn(origin: Origin): readonly string[] {
  return settingList.flatMap((setting) => spellingsIn(origin, setting))
}

/** The layer of an object in code. What is `undefined` was not given. */
export function codeLayer(name: string, options: object): Layer {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return { name, origin: 'code', values: new Map(given) }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Of an environment only the variables that look like settings: the others are nobody's business here. */
export function environmentLayer(env: Environment): Layer {
  const known = allSpellingsIn('environment')
  const given = Object.entries(env).filter(
    ([name, value]) => value !== undefined && (known.includes(name) || /^(SESSION|COOKIE)_/.test(name)),
  )
  return { name: 'environment', origin: 'environment', values: new Map(given) }
}
