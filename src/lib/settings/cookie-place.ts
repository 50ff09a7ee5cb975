import type { Kind } from './kinds.js'
import { cookieDomain, cookiePath } from './session-kinds.js'

/** What an application says of each request's cookie. */
export interface PlaceFunctions<Ctx> {
  readonly cookieDomain?: ((ctx: Ctx) => string | undefined) | undefined
  readonly cookiePath?: ((ctx: Ctx) => string) | undefined
}

/** Domain and path of one request's cookie, where the application says them. */
export interface Place {
  readonly domain?: string | undefined
  readonly path?: string
}

/**
 * Asks the functions about a request. `undefined`: there are none.
 *
 * @throws TypeError from what this answers, if a function answers what would be refused as a setting.
 */
export function placeOfRequest<Ctx>(functions: PlaceFunctions<Ctx>): ((ctx: Ctx) => Place) | undefined {
  const { cookieDomain: domainOf, cookiePath: pathOf } = functions
  if (domainOf === undefined && pathOf === undefined) return undefined
  return (ctx) => ({
    ...(domainOf && { domain: checked('cookieDomain', cookieDomain, domainOf(ctx)) }),
    ...(pathOf && { path: checked('cookiePath', cookiePath, pathOf(ctx)) }),
  })
}

function checked<Value>(name: string, kind: Kind<Value>, answer: unknown): Value {
  // Shown as JSON: it may hold what a visitor has sent, line breaks too.
  const shown = typeof answer === 'string' ? JSON.stringify(answer.slice(0, 100)) : typeof answer
  if (answer === null || answer === '')
    throw new TypeError(
      `the function ${name} answered ${shown === 'object' ? 'null' : shown}. Give ${kind.right}.`,
    )
  const verdict = kind.check(answer)
  if ('value' in verdict) return verdict.value
  throw new TypeError(`the function ${name} answered ${shown}, which ${verdict.problem}. Give ${kind.right}.`)
}
