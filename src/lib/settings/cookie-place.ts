import type { CookiePlace } from '../middleware/session-cookie.js'
import type { Kind } from './kinds.js'
import { checkOptions } from './load.js'
import { cookieDomain, cookiePath } from './session-kinds.js'
import type { Settings } from './settings.js'

/** Options that are settings but for these two, which may be functions of a request. */
export interface OptionsWithPlace<Ctx> {
  readonly cookieDomain?: string | ((ctx: Ctx) => string | undefined) | null | undefined
  readonly cookiePath?: string | ((ctx: Ctx) => string) | undefined
  readonly [option: string]: unknown
}

/**
 * The settings, and what asks the functions about a request; `undefined` if there are none. That throws a TypeError if a
 * function answers what would be refused as a setting.
 *
 * Browsers take a cookie with `__Host-` in its name for one host and `/` only. So with functions the name that production
 * gives the cookie promises less.
 *
 * @throws SettingsError as `checkOptions`. @throws TypeError if somebody has given the cookie such a name.
 */
export function settingsAndPlace<Ctx>(options: OptionsWithPlace<Ctx>): {
  readonly settings: Settings
  readonly placeOf: ((ctx: Ctx) => CookiePlace) | undefined
} {
  const { cookieDomain: domain, cookiePath: path, ...others } = options
  const domainOf = typeof domain === 'function' ? domain : undefined
  const pathOf = typeof path === 'function' ? path : undefined
  if (domainOf === undefined && pathOf === undefined)
    return { settings: checkOptions(options), placeOf: undefined }
  const rest = {
    ...others,
    ...(domainOf === undefined && domain !== undefined && { cookieDomain: domain }),
    ...(pathOf === undefined && path !== undefined && { cookiePath: path }),
  }
  const placeOf = (ctx: Ctx): CookiePlace => ({
    ...(domainOf && { domain: checked('cookieDomain', cookieDomain, domainOf(ctx)) }),
    ...(pathOf && { path: checked('cookiePath', cookiePath, pathOf(ctx)) }),
  })
  const settings = checkOptions(rest)
  if (!/^__host-/i.test(settings.cookieName)) return { settings, placeOf }
  if (options.cookieName !== undefined)
    throw new TypeError(
      `cookieName is ${settings.cookieName}, which browsers take without a domain and for / only: with a function for ` +
        'cookieDomain or cookiePath choose a name such as __Secure-sessionid',
    )
  return { settings: checkOptions({ ...rest, cookieName: '__Secure-sessionid' }), placeOf }
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
