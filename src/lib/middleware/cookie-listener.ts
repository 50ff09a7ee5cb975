import type { Context } from 'koa'

const WATCH = Symbol('tessera.watch')

interface Watched {
  [WATCH]?: () => void
}

/** Calls `watch` whenever the response is given a session's cookie, or its removal, from now on. One watch a request. */
export function onSessionCookie(ctx: Context, watch: () => void): void {
  const watched: Watched & Context = ctx
  watched[WATCH] = watch
}

/** The response now bears a session's cookie, or its removal. */
export function sessionCookieSet(ctx: Context): void {
  const watched: Watched & Context = ctx
  watched[WATCH]?.()
}
