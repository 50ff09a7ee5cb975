export type { Codec, Entry } from './codecs/codec.js'
export type { CustomExpiry, JsonObject, JsonValue, SessionRecord } from './codecs/record.js'
export type { Capabilities, Engine, Loaded, Missing, Stored, Touched, Updated } from './engines/contract.js'
export { CookieTooLarge, EngineMisconfigured, EngineUnavailable } from './engines/errors.js'
export type { EngineFactory } from './engines/factory.js'
export type { EngineTools } from './engines/keyed-engine.js'
export { type KeyvEngineOptions, keyvEngine } from './engines/keyv/keyv-engine.js'
export {
  type EndedBy,
  type ExpiryReason,
  type SessionEvent,
  type SessionEventListener,
  type SessionEventName,
  type SessionEvents,
  sessionEventNames,
} from './events.js'
export type { Logger } from './logger.js'
export type { WithSession } from './middleware/context.js'
// All of it, since only a module's star exports can be augmented: `declare module 'tessera' { interface SessionData … }`.
export * from './session/data.js'
export { SessionContended, SessionInterrupted, SessionTooLate, UnsupportedValue } from './session/errors.js'
export type { ExpiryQuestion, Session } from './session/session.js'
export { openSessions, type Sessions, type SessionsOptions } from './sessions.js'
export { type SettingFault, SettingsError } from './settings/errors.js'
export { loadSettings } from './settings/load.js'
export type { Settings } from './settings/settings.js'
