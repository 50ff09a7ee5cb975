import type { Session } from '../session/session.js'

/** What `sessions.middleware()` adds to a context. */
export interface WithSession {
  /**
   * This request's session, opened when first asked for; the same object for every caller within the request:
   *
   *     const session = await ctx.session
   *
   * Rejects with `EngineUnavailable` if the store does not answer.
   */
  readonly session: Promise<Session>
}

declare module 'koa' {
  interface ExtendableContext extends WithSession {}
}
