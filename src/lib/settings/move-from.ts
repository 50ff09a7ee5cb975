import { type Kind, optional } from './kinds.js'
import { MOVED_SETTINGS, type MovedSetting, type Settings, type TwinOf } from './settings.js'

/** A setting, as far as its twin is made of it. */
interface Original<T> extends Kind<T> {
  readonly name: string
}

interface Twin<T> extends Kind<T> {
  readonly name: string
  readonly default: T
  readonly meaning: string
}

type Originals = { readonly [Key in MovedSetting]: Original<Settings[Key]> }
type Twins = { readonly [Key in MovedSetting as TwinOf<Key>]: Twin<Settings[TwinOf<Key>]> }

const PREFIX = 'MOVE_FROM_'

/** The name in code of a setting of the engine that sessions are moved from. */
export function twinKeyOf<Key extends MovedSetting>(key: Key): TwinOf<Key> {
  return `moveFrom${key.charAt(0).toUpperCase()}${key.slice(1)}` as TwinOf<Key>
}

/** For each setting of an engine that can be moved from the same one of the old engine: `MOVE_FROM_REDIS_URL`. */
export function twinsOf(originals: Originals): Twins {
  const twins = MOVED_SETTINGS.map((key) => {
    const original: Original<unknown> = originals[key]
    const { name } = original
    return [
      twinKeyOf(key),
      {
        ...optional(original),
        name: `${PREFIX}${name.replace(/^SESSION_/, '')}`,
        default: undefined,
        meaning: `${name} of the engine that sessions are moved from; unset: the same`,
      },
    ]
  })
  // Each twin has its original's kind, or is unset.
  return Object.fromEntries(twins) as unknown as Twins
}

/**
 * `moveFrom: { engine: 'redis', redisUrl: '…' }` as the settings that it stands for. Unknown members stay as they are
 * called, so that they are told as unknown. What is no object, or names no engine, stays as it is.
 */
export function withoutMoveFrom(
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { moveFrom, ...rest } = options
  if (typeof moveFrom !== 'object' || moveFrom === null) return options
  const { engine, ...others } = moveFrom as Readonly<Record<string, unknown>>
  if (engine === undefined) return options
  return { ...rest, moveFrom: engine, ...asTwins(others) }
}

/** Settings of the old engine, by the names that they have beside those of the new one. */
export function asTwins(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [twinKeyOf(key as MovedSetting), value]),
  )
}

/** The settings of the engine that sessions are moved from. */
export function oldSettingsOf(settings: Settings): Settings {
  const own = MOVED_SETTINGS.flatMap((key) => {
    const value = settings[twinKeyOf(key)]
    return value === undefined ? [] : [[key, value]]
  })
  return { ...settings, ...Object.fromEntries(own) }
}
