import type { Context } from 'koa'
import type { Fingerprint } from '../codecs/keys.js'

type App = Context['app']

/** What `toJSON` of Koa's request and response returns. `console.log(ctx)`, `JSON.stringify` and loggers show it. */
interface Shown {
  readonly header?: Readonly<Record<string, unknown>>
}

/** For each application: the names of its session cookies, and what to show instead of their values. */
const redacted = new WeakMap<App, Map<string, Fingerprint>>()

/**
 * From now on Koa shows a fingerprint instead of the value of the cookie `name` (S12). What Node itself shows of `ctx.req`
 * and `ctx.res` stays as it is.
 */
export function redactCookie(app: App, name: string, fingerprint: Fingerprint): void {
  const names = redacted.get(app)
  if (names !== undefined) {
    names.set(name, fingerprint)
    return
  }
  redacted.set(app, new Map([[name, fingerprint]]))
  for (const part of [app.request, app.response]) {
    const toJSON: () => Shown = part.toJSON
    part.toJSON = function (this: typeof part) {
      return withoutValues(toJSON.call(this), redacted.get(app) ?? new Map())
    }
  }
}

function withoutValues(shown: Shown, names: ReadonlyMap<string, Fingerprint>): Shown {
  const { header } = shown
  if (header === undefined) return shown
  const redact = (text: unknown): unknown => (typeof text === 'string' ? redactIn(text, names) : text)
  const redactAll = (value: unknown): unknown => (Array.isArray(value) ? value.map(redact) : redact(value))
  const entries = Object.entries(header).map(([name, value]): [string, unknown] =>
    /^(set-)?cookie$/i.test(name) ? [name, redactAll(value)] : [name, value],
  )
  return { ...shown, header: Object.fromEntries(entries) }
}

/** `text`: a `Cookie` header, or a line of `Set-Cookie`. */
function redactIn(text: string, names: ReadonlyMap<string, Fingerprint>): string {
  // Looks at each character a fixed number of times, whatever a visitor sends.
  return text
    .split(';')
    .map((pair) => {
      const equals = pair.indexOf('=')
      // `trim` removes more than the reader of cookies does, so that a cookie that nearly has the name is hidden too.
      const fingerprint = equals === -1 ? undefined : names.get(pair.slice(0, equals).trim())
      const value = pair.slice(equals + 1).trim()
      return fingerprint === undefined || value === ''
        ? pair
        : `${pair.slice(0, equals + 1)}#${fingerprint(value)}`
    })
    .join(';')
}
