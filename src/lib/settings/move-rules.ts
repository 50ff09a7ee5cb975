import { isDeepStrictEqual } from 'node:util'
import { BUILT_IN_PRODUCTION, isLeavingDjango } from './check.js'
import { sessionSettings, settingOf } from './definitions.js'
import { goodValue, type Held, shownAsGiven } from './describe.js'
import type { SettingFault } from './errors.js'
import { nameIn, type Origin } from './layers.js'
import { twinKeyOf } from './move-from.js'
import type { MovedSetting, SettingKey } from './settings.js'

/** Where an engine keeps sessions: two that agree in all of these keep them in the same place. */
const PLACES: ReadonlyMap<unknown, readonly MovedSetting[]> = new Map([
  ['db', ['databaseUrl', 'databaseTable', 'databaseSchema', 'keyPrefix']],
  ['redis', ['redisUrl', 'keyPrefix']],
  ['file', ['filePath', 'keyPrefix']],
])

/** The settings that say where the engine keeps sessions; none for one that is not ours, or has no place. */
export function placeSettingsOf(engine: unknown): readonly MovedSetting[] {
  return PLACES.get(kindOf(engine)) ?? []
}

/** The faults of a move that can move nothing, or would move sessions to where they are. */
export function brokenMove(held: ReadonlyMap<string, Held>, origin: Origin): SettingFault[] {
  const chosen = (key: SettingKey): unknown => goodValue(held, key)
  const moveFrom = settingOf('moveFrom')
  const has = held.get('moveFrom')
  const from = chosen('moveFrom')
  const to = chosen('engine')
  if (has === undefined || from === undefined || to === undefined) return []
  const fault = (problem: string, remedy: string): SettingFault[] => [
    {
      name: nameIn(origin, moveFrom),
      value: shownAsGiven(moveFrom, from),
      layer: has.layer,
      problem,
      remedy,
    },
  ]
  const nameOf = (key: SettingKey): string => nameIn(origin, settingOf(key))
  if (from === 'cache')
    return fault(
      'is the memory of one process, which no other process can read',
      'Give the engine whose store has the sessions, or leave it out.',
    )
  if (to === 'cache')
    return fault(
      `moves sessions into ${nameOf('engine')}=cache, the memory of this process, which forgets them when it ends`,
      `Choose another ${nameOf('engine')}, or leave ${nameOf('moveFrom')} out.`,
    )
  const kind = kindOf(to)
  // Django's table is another one than ours.
  const isDjangos = (key: SettingKey): boolean => chosen(key) === 'django'
  if (kindOf(from) !== kind || isDjangos(twinKeyOf('codec')) !== isDjangos('codec')) return []
  const place = placeSettingsOf(to)
  const isSame = place.every((key) => {
    const twin = chosen(twinKeyOf(key))
    return twin === undefined || isDeepStrictEqual(twin, chosen(key))
  })
  if (!isSame) return []
  const twins = place.map((key) => nameOf(twinKeyOf(key)))
  const remedy =
    twins.length === 0
      ? 'Give the engine that has the sessions.'
      : `Say where the old one is, with ${twins.slice(0, -1).join(', ')} or ${twins.at(-1)}.`
  return fault('is where sessions are kept already', remedy)
}

/** In production the cookie has another name than Django's, so that nobody would be found: the fault, if nobody chose a name. */
export function unnamedCookie(held: ReadonlyMap<string, Held>, origin: Origin): SettingFault[] {
  const name = held.get('cookieName')
  const isOurs = name?.kind === 'good' && name.layer === BUILT_IN_PRODUCTION && name.value !== 'sessionid'
  if (!isOurs || !isLeavingDjango(held)) return []
  const setting = settingOf('cookieName')
  return [
    {
      name: nameIn(origin, setting),
      value: shownAsGiven(setting, name.value),
      layer: name.layer,
      problem:
        'is another name than that of the cookies that Django has given out, so nobody’s session would be found',
      remedy: 'Give Django’s SESSION_COOKIE_NAME, which is sessionid by default, and keep it after the move.',
    },
  ]
}

/** What is given for a move where nothing is moved: sentences for people. Sessions would seem to be lost. */
export function unusedMove(held: ReadonlyMap<string, Held>, origin: Origin): string[] {
  const given = sessionSettings.filter(({ key, default: value }) => {
    const has = held.get(key)
    return key.startsWith('move') && has?.kind === 'good' && has.value !== value
  })
  if (given.length === 0 || given.some(({ key }) => key === 'moveFrom')) return []
  const names = given.map((setting) => nameIn(origin, setting)).join(', ')
  return [`${names} has no effect without MOVE_FROM: no session is looked for in another store.`]
}

/** `cached_db` keeps sessions where `db` does. */
function kindOf(engine: unknown): unknown {
  return engine === 'cached_db' ? 'db' : engine
}
