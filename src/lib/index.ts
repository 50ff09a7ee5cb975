/** @module koa-tessera */

export type { Codec, Entry, SessionEntry, Tombstone } from './codecs/codec.js'
export type {
  CustomExpiry,
  JsonObject,
  JsonValue,
  SessionRecord,
  SessionUser,
  WrittenKeys,
} from './codecs/record.js'
export { type CsrfReason, CsrfRefused } from './csrf/check.js'
export { csrf } from './csrf/csrf.js'
export type { CsrfOptions } from './csrf/options.js'
export type {
  Capabilities,
  Created,
  Engine,
  EngineFactory,
  EngineTools,
  Followed,
  IndexList,
  Loaded,
  Missing,
  Revocations,
  Rotated,
  Rotation,
  ScannedSession,
  SessionIndex,
  Stored,
  Touched,
  Updated,
} from './engines/engine.js'
export { CookieTooLarge, EngineMisconfigured, EngineUnavailable, RecordRefused } from './engines/errors.js'
export { type KeyvEngineOptions, keyvEngine } from './engines/keyv/keyv-engine.js'
export type { EngineName } from './engines/names.js'
export type { EngineChoice } from './engines/registry.js'
export type { Listen, Move, SessionStore, StoredEntry, Version } from './engines/session-store.js'
export { type StoreEngineOptions, storeEngine } from './engines/store-engine.js'
export type { Logger } from './logger.js'
export type { WithSession } from './middleware/context.js'
export type { MiddlewareOptions } from './middleware/sessions.js'
export { openSessions } from './open-sessions.js'
// All of it, since only a module's star exports can be augmented: `declare module 'koa-tessera' { interface SessionData … }`.
export * from './session/data.js'
export { type DjangoLogIn, type DjangoUserOptions, djangoLogin, djangoUser } from './session/django-log-in.js'
export {
  NotOnThisEngine,
  RevocationIncomplete,
  SessionContended,
  SessionInterrupted,
  SessionTooLate,
  TooManySessions,
  UnsupportedValue,
} from './session/errors.js'
export {
  type EndedBy,
  type ExpiryReason,
  type RevokedBy,
  type SessionEvent,
  type SessionEventListener,
  type SessionEventName,
  type SessionEvents,
  sessionEventNames,
} from './session/events.js'
export type { ReadonlySession } from './session/readonly-session.js'
export type { ExpiryQuestion, Session } from './session/session.js'
export type { OnBatch } from './session/sweeper.js'
export type { UserSession } from './session/user-sessions.js'
export type { OnEnd, WatchEnd } from './session/watcher.js'
export type { Sessions, SessionsOptions } from './sessions.js'
export { type Definition, type OwnDefinitions, type OwnValues, setting } from './settings/definitions.js'
export { type SettingFault, SettingsError } from './settings/errors.js'
export { type Checked, type Kind, kinds } from './settings/kinds.js'
export { type LoadOptions, loadSettings, type SettingsAndOwn } from './settings/load.js'
export type { MovedSetting, MoveFrom, Settings } from './settings/settings.js'
export type { TraceMessage } from './tracing.js'
export type { LogInOptions } from './users/log-in.js'
