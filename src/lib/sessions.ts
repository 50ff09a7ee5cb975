import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import type { Engine } from './engines/engine.js'
import type { EngineChoice } from './engines/registry.js'
import type { Logger } from './logger.js'
import type { MiddlewareOptions } from './middleware/sessions.js'
import type { SessionEventListener, SessionEventName } from './session/events.js'
import type { OldSessions } from './session/old-sessions.js'
import type { ReadonlySession } from './session/readonly-session.js'
import type { Session } from './session/session.js'
import type { OnBatch } from './session/sweeper.js'
import type { UserSession } from './session/user-sessions.js'
import type { OnEnd } from './session/watcher.js'
import type { MoveFrom, SettingsOptions } from './settings/settings.js'

/** What `openSessions` takes: settings by their camelCase names, and what only code can hand over. */
export interface SessionsOptions
  extends Omit<SettingsOptions, 'engine' | 'moveFrom' | 'cookieDomain' | 'cookiePath'> {
  /**
   * Where sessions are kept: one of Tessera's engines by name (`cache`, `db`, `cached_db`, `redis`, `file`,
   * `signed_cookies`), the path of a module that exports one, or an engine of your own. Default: `db`.
   */
  readonly engine?: EngineChoice | undefined
  /**
   * The engine that sessions are moved from while requests run, by its name or with its settings; what is left out is as in
   * the new one: `{ engine: 'file', filePath: 'old' }`. Its engine can be one of your own on a store. Default: none.
   */
  readonly moveFrom?:
    | SettingsOptions['moveFrom']
    | (Omit<MoveFrom, 'engine'> & { readonly engine: EngineChoice })
  /** Milliseconds since 1970. Default: the system's. */
  readonly clock?: () => number
  /** Makes session ids: 32 characters of `a-z0-9` from a secure generator, as the default does. */
  readonly generateId?: () => string
  /**
   * Where sessions of another library live on: what `koaSessionCookie`, `koaSessionStore` and `expressSession` of
   * `koa-tessera/read-through` make. A request without a session of ours that brings the cookie of such a session takes it
   * over: it is written to ours once, and removed there. Default: none. A request that has a session of ours costs nothing
   * more.
   */
  readonly readThrough?: readonly OldSessions[] | undefined
  /**
   * Under which name `ctx` has the session, for a second kind of sessions beside the first: with `admin` it is
   * `await ctx.admin`. Give it a `cookieName` and a `keyPrefix` of its own. Default: `session`.
   */
  readonly property?: string | undefined
  /**
   * As the setting `COOKIE_DOMAIN`; or a function that answers the domain for each request whose answer sets or removes the
   * cookie, for tenants on domains of their own: `(ctx) => tenantOf(ctx.hostname)?.domain`. `undefined`: this host only. A
   * wrong answer fails that request with a TypeError, before anything is stored. Never answer what a visitor has sent without
   * looking it up.
   */
  readonly cookieDomain?: string | ((ctx: Context) => string | undefined) | null | undefined
  /** As the setting `COOKIE_PATH`; or a function that answers the path for each request, as with `cookieDomain`. */
  readonly cookiePath?: string | ((ctx: Context) => string) | undefined
  /**
   * A header from which ids may come instead of the cookie, for native apps, such as `X-Session-Id`. A request that has it,
   * be it empty, neither reads nor sets the cookie: the new id comes in the response header of the same name, and an empty
   * one says that the session is over. Default: the cookie only.
   */
  readonly idFrom?: string | undefined
  /** Where to report what no request can: pino, or anything with its `warn` and `error`. Default: the console. */
  readonly logger?: Logger
}

/** The sessions of one application, on one engine. */
export interface Sessions {
  /** Where they are kept. */
  readonly engine: Engine
  /**
   * Gives every request `ctx.session`, or what `property` says; with `{ inViews: true }` templates get it too, as `ctx.state.session`.
   *
   * @throws TypeError for anything else than these options.
   */
  middleware(options?: MiddlewareOptions): Middleware
  /**
   * The session with `id`, outside a request; without an id, or if there is none such, a new one. Changes take effect
   * with `await session.save()`.
   */
  open(id?: string): Promise<Session>
  /**
   * The session of a request that is not answered by Koa, such as the one of a WebSocket's handshake: `undefined` if it
   * brings none. Read-only, since no cookie can be set there. Reading makes the session live no longer.
   *
   * @throws EngineUnavailable if the store does not answer. @throws TypeError if `req` is no request of Node.
   */
  read(req: Pick<IncomingMessage, 'headers'>): Promise<ReadonlySession | undefined>
  /**
   * Calls `onEnd` once when the session ends, is revoked, expires, or its id is replaced by a log-in or `cycleKey()`, in
   * whichever process; a renewal (`RENEW_AFTER`) is followed. Within 1.5 seconds; Redis and PostgreSQL mostly tell at
   * once. For open sockets and streams. Answers a function that stops it. While the store is down nobody is told.
   *
   * @throws TypeError if the session is not stored, or will get another id when its changes are saved.
   */
  watch(session: Session | ReadonlySession, onEnd: OnEnd): () => void
  /**
   * The user's live sessions, the one used last first; `current`: the one that asks. For the user's own page of devices,
   * and for administrators.
   *
   * @throws NotOnThisEngine if the engine cannot find sessions by their user.
   * @throws EngineUnavailable if the store does not answer.
   */
  forUser(userId: string, options?: { readonly current?: Session | undefined }): Promise<UserSession[]>
  /**
   * Ends one session of the user, by the handle that `forUser` gave; answers how many ended: 0 if it was over already.
   * Who has it open is logged out, and what a request under way in it wants to save is refused.
   *
   * @throws NotOnThisEngine, @throws EngineUnavailable as `forUser`. @throws RevocationIncomplete as `revokeAll`.
   */
  revoke(userId: string, handle: string): Promise<number>
  /**
   * Ends every other session of the user of this one, and leaves this one be: for "log out everywhere else", and after
   * a change of password. A copy of this session's own cookie goes on until the id changes: call `session.cycleKey()` or
   * `login` too. Answers how many ended; `undefined` where sessions are in cookies, and nobody can count them.
   *
   * @throws TypeError if nobody is logged in. @throws NotOnThisEngine, @throws EngineUnavailable as `forUser`.
   * @throws RevocationIncomplete as `revokeAll`.
   */
  revokeOthers(session: Session): Promise<number | undefined>
  /**
   * Ends every session of the user, as when an account is closed. Answers as `revokeOthers`. Where the list of the user's
   * sessions cannot be read, it goes through all sessions of the store.
   *
   * @throws NotOnThisEngine, @throws EngineUnavailable as `forUser`. @throws RevocationIncomplete if sessions may be left.
   */
  revokeAll(userId: string): Promise<number | undefined>
  /**
   * Removes what has expired, in batches, and answers how many records went. `onBatch` hears how many so far, and ends
   * it early by answering `false`.
   */
  clearExpired(onBatch?: OnBatch): Promise<number>
  /**
   * Calls `listener` at each event of that name from now on, until the function that this answers is called. What it
   * answers is not waited for, and that it fails is logged and costs no request anything. Events bear no id and no data;
   * what nobody listens to is not worked out.
   */
  on<Name extends SessionEventName>(name: Name, listener: SessionEventListener<Name>): () => void
  /** Finishes what is under way and lets go of the store. A second call does nothing. */
  close(): Promise<void>
}
