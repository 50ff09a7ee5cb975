export type { CookiesByName, OldCookie, OldSession, OldSessions } from '../session/old-sessions.js'
export { type ExpressSessionSetup, type ExpressSessionStore, expressSession } from './express-session.js'
export {
  type KoaSessionCookieSetup,
  type KoaSessionSetup,
  type KoaSessionStore,
  type KoaSessionStoreSetup,
  koaSessionCookie,
  koaSessionStore,
} from './koa-session.js'
export type { Keygrip, KoaKeys } from './signatures.js'
