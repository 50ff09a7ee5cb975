import { settingOf } from './definitions.js'
import { goodValue, type Held, shownAsGiven } from './describe.js'
import type { SettingFault } from './errors.js'
import { nameIn, type Origin } from './layers.js'
import type { SettingKey } from './settings.js'

type HeldSettings = ReadonlyMap<string, Held>

/** A setting that Django's sessions do not allow. */
interface Refusal {
  readonly setting: SettingKey
  /** Where it is refused. Default: wherever Django keeps sessions. */
  readonly engines?: readonly string[]
  readonly isAllowed: (value: unknown) => boolean
  /** After the setting's name; `codec` is the name of the one that asks for Django's sessions. */
  readonly problem: (codec: string) => string
  readonly remedy: string
}

const unset = (value: unknown): boolean => value === undefined
const oneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value)

const noneIsSealed = (codec: string): string =>
  `is for records that become sealed, and with ${codec} they stand as Django writes them`

const refusals: readonly Refusal[] = [
  {
    setting: 'renewAfter',
    isAllowed: unset,
    problem: (codec) => `leaves a mark at old ids, which Django (${codec}) would take for a session`,
    remedy: 'Unset it.',
  },
  {
    setting: 'maxSessionsPerUser',
    isAllowed: oneOf(0),
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
  {
    setting: 'revocationStore',
    isAllowed: oneOf('none'),
    problem: (codec) =>
      `remembers whose log-ins were ended, and a log-in in Django's sessions (${codec}) is Django's to end`,
    remedy: 'Give none.',
  },
  {
    setting: 'databaseTable',
    engines: ['db'],
    isAllowed: oneOf(settingOf('databaseTable').default, 'django_session'),
    problem: (codec) => `is not where Django (${codec}) keeps sessions: its table is django_session`,
    remedy: 'Unset it.',
  },
  {
    setting: 'keyPrefix',
    engines: ['db', 'file'],
    isAllowed: oneOf(settingOf('keyPrefix').default),
    problem: (codec) =>
      `stands before no key in Django's table and files (${codec}), where a key is the id alone`,
    remedy: 'Unset it.',
  },
  { setting: 'plainRecordsUntil', isAllowed: unset, problem: noneIsSealed, remedy: 'Unset it.' },
  { setting: 'sealedSince', isAllowed: unset, problem: noneIsSealed, remedy: 'Unset it.' },
]

/** The engines that can keep sessions as Django does, by the setting that says so. */
const engines = { codec: ['db', 'file'], cookieCodec: ['signed_cookies'] } as const

/** The faults of settings that do not go together with sessions that Django uses too. */
export function djangoFaults(held: HeldSettings, origin: Origin): SettingFault[] {
  const codec = djangosCodec(held)
  const nameOf = (key: SettingKey): string => nameIn(origin, settingOf(key))
  return refusalsFor(codec, held).flatMap(({ setting, isAllowed, problem, remedy }): SettingFault[] => {
    const given = held.get(setting)
    if (given?.kind !== 'good' || isAllowed(given.value)) return []
    const value = shownAsGiven(settingOf(setting), given.value)
    const asking = nameOf(codec ?? 'codec')
    return [{ name: nameOf(setting), value, layer: given.layer, problem: problem(asking), remedy }]
  })
}

function refusalsFor(codec: keyof typeof engines | undefined, held: HeldSettings): readonly Refusal[] {
  const engine = goodValue(held, 'engine')
  if (codec === undefined) return isInOurCookies(engine, held) ? [codecOfCookies] : []
  const wrongEngine: Refusal = {
    setting: 'engine',
    isAllowed: oneOf(...engines[codec]),
    problem: (name) => `keeps no sessions of Django, which ${name} asks for`,
    remedy: 'Give db or file.',
  }
  return [wrongEngine, ...refusals.filter((one) => one.engines?.some((name) => name === engine) ?? true)]
}

/** What is moved from another engine may be Django's, and `codec` is of that one then. */
function isInOurCookies(engine: unknown, held: HeldSettings): boolean {
  return engine === 'signed_cookies' && goodValue(held, 'moveFrom') === undefined
}

const codecOfCookies: Refusal = {
  setting: 'codec',
  isAllowed: (value) => value !== 'django',
  problem: () => 'says how a store keeps sessions, and those of signed_cookies are in their cookies',
  remedy: 'For cookies as Django has them give COOKIE_CODEC=django (in code cookieCodec) instead.',
}

/** The setting that asks for Django's sessions, if one does. */
export function djangosCodec(held: HeldSettings): keyof typeof engines | undefined {
  const engine = goodValue(held, 'engine')
  const codec = engine === 'signed_cookies' ? 'cookieCodec' : 'codec'
  // Of an engine that is handed in nobody knows here what it is.
  return engine !== undefined && goodValue(held, codec) === 'django' ? codec : undefined
}
