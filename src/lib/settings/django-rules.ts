import { settingOf } from './definitions.js'
import { goodValue, type Held, shownAsGiven } from './describe.js'
import type { SettingFault } from './errors.js'
import { nameIn, type Origin } from './layers.js'
import type { SettingKey } from './settings.js'

/** A setting that Django's sessions do not allow. */
interface Refusal {
  readonly setting: SettingKey
  readonly isAllowed: (value: unknown) => boolean
  /** After the setting's name; `codec` is the name of the one that asks for Django's sessions. */
  readonly problem: (codec: string) => string
  readonly remedy: string
}

const unset = (value: unknown): boolean => value === undefined

const refusals: readonly Refusal[] = [
  {
    setting: 'renewAfter',
    isAllowed: unset,
    problem: (codec) => `leaves a mark at old ids, which Django (${codec}) would take for a session`,
    remedy: 'Unset it.',
  },
  {
    setting: 'maxSessionsPerUser',
    isAllowed: (value) => value === 0,
    problem: (codec) => `has to find a user's sessions, and Django (${codec}) keeps no list of them`,
    remedy: 'Give 0.',
  },
  {
    setting: 'moveFrom',
    isAllowed: unset,
    problem: (codec) =>
      `moves sessions into a store of ours, and ${codec} leaves them where Django looks for them`,
    remedy: 'Unset it.',
  },
]

/** The engines that can keep sessions as Django does, by the setting that says so. */
const engines = { codec: ['db', 'file'], cookieCodec: ['signed_cookies'] } as const

/** The faults of settings that do not go together with sessions that Django uses too. */
export function djangoFaults(held: ReadonlyMap<string, Held>, origin: Origin): SettingFault[] {
  const codec = djangosCodec(held)
  if (codec === undefined) return []
  const name = nameIn(origin, settingOf(codec))
  const faults = refusals.map((refusal) => ({ ...refusal, problem: refusal.problem(name) }))
  const possible: readonly unknown[] = engines[codec]
  return [
    {
      setting: 'engine' as const,
      isAllowed: (value: unknown) => possible.includes(value),
      ...wrongEngine(name),
    },
    ...faults,
  ].flatMap(({ setting, isAllowed, problem, remedy }): SettingFault[] => {
    const given = held.get(setting)
    if (given?.kind !== 'good' || isAllowed(given.value)) return []
    const value = shownAsGiven(settingOf(setting), given.value)
    return [{ name: nameIn(origin, settingOf(setting)), value, layer: given.layer, problem, remedy }]
  })
}

/** The setting that asks for Django's sessions, if one does. */
export function djangosCodec(held: ReadonlyMap<string, Held>): keyof typeof engines | undefined {
  const engine = goodValue(held, 'engine')
  const codec = engine === 'signed_cookies' ? 'cookieCodec' : 'codec'
  // Of an engine that is handed in nobody knows here what it is.
  return engine !== undefined && goodValue(held, codec) === 'django' ? codec : undefined
}

function wrongEngine(codec: string) {
  return { problem: `keeps no sessions of Django, which ${codec} asks for`, remedy: 'Give db or file.' }
}
