import type { Context } from 'koa'
import type { Fingerprint } from '../codecs/keys.js'

type App = Context['app']

/** What Koa shows of a request or a response: to `console.log(ctx)`, to `JSON.stringify`, to loggers that take either. */
interface Shown {
  readonly header?: Readonly<Record<string, unknown>>
}

/** The names of session cookies, for each application, and what to show for their values. */
const hidden = new WeakMap<App, Map<string, Fingerprint>>()

/**
 * From now on Koa shows a fingerprint where it would show the value of the cookie `name` (S12). What Node itself shows of
 * `ctx.req` and `ctx.res` is nobody's to change.
 */
export function redactCookie(app: App, name: string, fingerprint: Fingerprint): void {
  const names = hidden.get(app)
  if (names !== undefined) {
    names.set(name, fingerprint)
    return
  }
  hidden.set(app, new Map([[name, fingerprint]]))
  for (const part of [app.request, app.response]) {
    const toJSON: () => Shown = part.toJSON
    part.toJSON = function (this: typeof part) {
      return withoutValues(toJSON.call(this), hidden.get(app) ?? new Map())
    }
  }
}

function withoutValues(shown: Shown, names: ReadonlyMap<string, Fingerprint>): Shown {
  const { header } = shown
  if (header === undefined) return shown
  const hide = (text: unknown): unknown => (typeof text === 'string' ? hideIn(text, names) : text)
  const hideAll = (value: unknown): unknown => (Array.isArray(value) ? value.map(hide) : hide(value))
  const entries = Object.entries(header).map(([name, value]): [string, unknown] =>
    /^(set-)?cookie$/i.test(name) ? [name, hideAll(value)] : [name, value],
  )
  return { ...shown, header: Object.fromEntries(entries) }
}

/** In a `Cookie` header, or in a line of `Set-Cookie`. */
function hideIn(text: string, names: ReadonlyMap<string, Fingerprint>): string {
  return text.replace(/([^=;\s]+)(\s*=\s*)([^;]+)/g, (pair, name: string, equals: string, value: string) => {
    const fingerprint = names.get(name)
    return fingerprint === undefined ? pair : `${name}${equals}#${fingerprint(value.trim())}`
  })
}
