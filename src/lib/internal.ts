/** What the site at work uses of the package beside its public face. No export of the package. */
export { isSame, keysFor, macOf } from './codecs/keys.js'
export { createIn } from './conformance/drawing.js'
export { CSRF_COOKIE, csrfCookieName } from './csrf/options.js'
export { withCauses } from './engines/errors.js'
export { directoryOf, fileOf } from './engines/file/session-file.js'
export { makeDirectory } from './engines/file-system.js'
export { generateId, storeKeyOf } from './engines/ids.js'
export type { EngineName } from './engines/names.js'
export { recordCodec } from './engines/record-codec.js'
export { redisKeyOf } from './engines/redis/store.js'
export { openEngine } from './engines/registry.js'
export { openSignedCookies } from './engines/signed-cookies.js'
export { watchEngine } from './engines/watch-engine.js'
export {
  type CookieOptions,
  LONGEST_COOKIE_AGE,
  readCookie,
  readCookies,
  removeCookie,
  setCookie,
} from './middleware/cookie.js'
export { givenCookie, headersOf, setCookieLines } from './middleware/headers.js'
export { property, statusOf } from './middleware/request-session.js'
export { Events } from './session/events.js'
export { resolveSession } from './session/resolve-session.js'
export { describeSettings } from './settings/describe.js'
export { type LoadOptions, type Reading, readSettings } from './settings/load.js'
