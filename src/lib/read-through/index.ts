export type { CookiesByName, OldCookie, OldSession, OldSessions } from '../session/old-sessions.js'
export { type ExpressSessionSetup, type ExpressSessionStore, expressSession } from './express-session.js'
export {
  type KoaGenericSessionSetup,
  type KoaSessionCookieSetup,
  type KoaSessionSetup,
  type KoaSessionStore,
  type KoaSessionStoreSetup,
  koaGenericSession,
  koaSessionCookie,
  koaSessionStore,
} from './koa-session.js'
export type { Keygrip, KoaKeys } from './signatures.js'
