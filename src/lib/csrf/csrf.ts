import type { Middleware } from 'koa'
import { requestSessionOf } from '../middleware/sessions.js'
import { CsrfRefused, refusalOf, VARY } from './check.js'
import { type CsrfOptions, checkCsrfOptions } from './options.js'
import { RequestToken } from './request-token.js'

/** Methods that change nothing, on which clients rely (RFC 9110, 9.2.1). They are not checked. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * Refuses requests of unsafe methods that another site's page may have caused: 403, `CsrfRefused`. Browsers say where a
 * request comes from (`Sec-Fetch-Site`, else `Origin`). A client that does not has to send a token which this site gave
 * it for this session: in the cookie `csrftoken` (`__Host-csrftoken` in production), and again in the form field `csrfmiddlewaretoken` or in the header
 * `X-CSRFToken`.
 *
 * Use it after `sessions.middleware()` and the body parser. Views find the token, a string, in `ctx.state.csrfToken`. The
 * first read sets the cookie; it neither opens the session nor begins one.
 *
 * @throws TypeError at once, if an option is wrong.
 */
export function csrf(options: CsrfOptions): Middleware {
  const rules = checkCsrfOptions(options)
  return async function csrf(ctx, next) {
    const session = requestSessionOf(ctx, rules.property)
    if (session === undefined)
      throw new Error('csrf() binds its tokens to the session: use it after app.use(sessions.middleware())')
    const token = new RequestToken(ctx, session, rules)
    Object.defineProperty(ctx.state, 'csrfToken', {
      configurable: true,
      enumerable: rules.inEveryView,
      get: () => token.read(),
    })
    session.addFollower(token)

    if (!SAFE.has(ctx.method) && !rules.isExempt(ctx)) {
      ctx.vary(VARY)
      const refusal = refusalOf(ctx, token, rules)
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
