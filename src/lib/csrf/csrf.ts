import type { Middleware } from 'koa'
import { onSessionCookie } from '../middleware/cookie-listener.js'
import { requestSessionOf } from '../middleware/sessions.js'
import { refusalOf } from './check.js'
import { type CsrfOptions, checkCsrfOptions } from './options.js'
import { CsrfRefused, VARY } from './refused.js'
import { Tokens } from './tokens.js'

/** Methods that change nothing, as every client may rely on (RFC 9110, 9.2.1): what a GET does is never asked for. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * Refuses requests that change something and that another site's page may have caused: 403, `CsrfRefused`. A browser
 * says where a request comes from (`Sec-Fetch-Site`, else `Origin`); a client that does not has to bring a token which
 * only this site could have given it in this session, in the cookie `csrftoken` and once more in the form field
 * `csrfmiddlewaretoken` or the header `X-CSRFToken`.
 *
 * Use it behind `sessions.middleware()` and the body parser. Views find the token in `ctx.state.csrfToken`, a text; it
 * sets the cookie when it is first read, and neither opens the session nor begins one.
 *
 * @throws TypeError at once, if an option is wrong.
 */
export function csrf(options: CsrfOptions): Middleware {
  const rules = checkCsrfOptions(options)
  return async function csrf(ctx, next) {
    const visit = requestSessionOf(ctx)
    if (visit === undefined)
      throw new Error('csrf() binds its tokens to the session: use it behind app.use(sessions.middleware())')
    const tokens = new Tokens(ctx, visit, rules)
    Object.defineProperty(ctx.state, 'csrfToken', {
      configurable: true,
      enumerable: rules.inEveryView,
      get: () => tokens.read(),
    })
    onSessionCookie(ctx, () => tokens.follow())

    if (!SAFE.has(ctx.method) && !rules.isExempt(ctx)) {
      ctx.vary(VARY)
      const refusal = refusalOf(ctx, tokens, rules)
      if (refusal !== undefined) {
        if (rules.enforces) throw new CsrfRefused(refusal)
        const { reason, developer } = refusal
        const { method, path } = ctx
        rules.logger.warn({ method, path, reason }, `csrf() would have refused this request: ${developer}`)
      }
    }
    await next()
  }
}
