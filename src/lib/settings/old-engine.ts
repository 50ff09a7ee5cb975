import type { Codec } from '../codecs/codec.js'
import type { OldEngine } from '../engines/moving/moving.js'
import { recordCodec } from '../engines/record-codec.js'
import type { EngineChoice } from '../engines/registry.js'
import { asTwins, oldSettingsOf } from './move-from.js'
import type { Settings } from './settings.js'

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
 * new engine. It is the same where nothing says otherwise, so that what is moved need not be sealed anew.
 */
export function oldEngineOf(
  settings: Settings,
  codec: Codec,
  given?: GivenOldEngine,
): { readonly old: OldEngine; readonly codec: Codec } | undefined {
  const engine = given?.engine ?? settings.moveFrom
  if (engine === undefined) return undefined
  const options = oldSettingsOf(settings)
  const isSame = options.codec === settings.codec && options.secretKey === settings.secretKey
  return { old: { engine, options }, codec: isSame ? codec : recordCodec(options) }
}
