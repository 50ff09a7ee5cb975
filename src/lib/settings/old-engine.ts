import type { Codec } from '../codecs/codec.js'
import type { PlaceNames } from '../engines/moving/moving.js'
import type { OldEngine } from '../engines/moving/open-moving.js'
import { recordCodec } from '../engines/record-codec.js'
import type { EngineChoice } from '../engines/registry.js'
import { settingOf } from './definitions.js'
import { shown } from './describe.js'
import { asTwins, oldSettingsOf, twinKeyOf } from './move-from.js'
import { placeSettingsOf } from './move-rules.js'
import type { SettingKey, Settings } from './settings.js'

/** An engine that somebody made, which is no setting, and the settings beside it. */
export interface GivenOldEngine {
  readonly engine: EngineChoice
  readonly settings: Readonly<Record<string, unknown>>
}

/** What `moveFrom` holds that is an engine itself, or makes one; `undefined` where it is a setting, right or wrong. */
export function givenOldEngine(moveFrom: unknown): GivenOldEngine | undefined {
  const { engine, ...settings } = Object(moveFrom) as Readonly<Record<string, unknown>>
  if (typeof engine !== 'function' && (typeof engine !== 'object' || engine === null)) return undefined
  // Whether it is an engine is found out where it is opened.
  return { engine: engine as EngineChoice, settings: asTwins(settings) }
}

/**
 * The engine that sessions are moved from, if there is one, and how records are written there. `codec`: the one of the
 * new engine. It is the same where nothing says otherwise, so that what is moved need not be sealed anew. `ownEngine`: the
 * name of the new engine, where that is no setting.
 */
export function oldEngineOf(
  settings: Settings,
  codec: Codec,
  given?: GivenOldEngine,
  ownEngine?: string,
): { readonly old: OldEngine; readonly codec: Codec } | undefined {
  const engine = given?.engine ?? settings.moveFrom
  if (engine === undefined) return undefined
  const options = oldSettingsOf(settings)
  const isSame = options.codec === settings.codec && options.secretKey === settings.secretKey
  const places = placeNames(settings, { hasOwnOld: given !== undefined, ownEngine })
  return { old: { engine, options, places }, codec: isSame ? codec : recordCodec(options) }
}

/** Which settings name the two places, with as much of the values as anybody may see. */
function placeNames(
  settings: Settings,
  { hasOwnOld, ownEngine }: { readonly hasOwnOld: boolean; readonly ownEngine: string | undefined },
): PlaceNames {
  const named = (key: SettingKey): string => `${settingOf(key).name}=${shown(settingOf(key), settings[key])}`
  const [url, ...others] = placeSettingsOf(ownEngine ?? settings.engine)
  const [oldUrl, ...oldOthers] = placeSettingsOf(settings.moveFrom)
  const own = oldOthers.map(twinKeyOf).filter((key) => settings[key] !== undefined)
  const isTwin = oldUrl !== undefined && settings[twinKeyOf(oldUrl)] !== undefined
  const first = oldUrl && named(isTwin ? twinKeyOf(oldUrl) : oldUrl)
  const from = [...(isTwin ? [] : [named('moveFrom')]), ...(first ? [first] : []), ...own.map(named)]
  const to = url === undefined ? [] : [url, ...others.filter((key) => own.includes(twinKeyOf(key)))]
  const toNames = to.map(named).join(', ')
  // One that was made by somebody, as the site's is, may well have been made of these settings.
  const ownName = toNames === '' ? `the engine ${ownEngine}` : `the engine ${ownEngine} (${toNames})`
  return {
    from: hasOwnOld ? 'moveFrom' : from.join(', '),
    to: ownEngine === undefined ? toNames || named('engine') : ownName,
  }
}
