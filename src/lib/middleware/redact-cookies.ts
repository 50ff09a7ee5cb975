import type { Context } from 'koa'
import type { Fingerprint } from '../codecs/keys.js'

type App = Context['app']

/** What `toJSON` of Koa's request and response returns. `console.log(ctx)`, `JSON.stringify` and loggers show it. */
interface Shown {
  readonly header?: Readonly<Record<string, unknown>>
}

/** What to show instead of a value, by the name of a cookie or of a header. */
type Names = ReadonlyMap<string, Fingerprint>

/** For each application: its session cookies, and the headers that carry ids instead. */
const redacted = new WeakMap<
  App,
  { readonly cookies: Map<string, Fingerprint>; readonly headers: Map<string, Fingerprint> }
>()

/**
 * From now on Koa shows a fingerprint instead of the value of the cookie `name` (S12). What Node itself shows of `ctx.req`
 * and `ctx.res` stays as it is.
 */
export function redactCookie(app: App, name: string, fingerprint: Fingerprint): void {
  redactedIn(app).cookies.set(name, fingerprint)
}

/** The same for the header `name`, in small letters. */
export function redactHeader(app: App, name: string, fingerprint: Fingerprint): void {
  redactedIn(app).headers.set(name, fingerprint)
}

function redactedIn(app: App) {
  const known = redacted.get(app)
  if (known !== undefined) return known
  const names = { cookies: new Map<string, Fingerprint>(), headers: new Map<string, Fingerprint>() }
  redacted.set(app, names)
  for (const part of [app.request, app.response]) {
    const toJSON: () => Shown = part.toJSON
    part.toJSON = function (this: typeof part) {
      return withoutValues(toJSON.call(this), names.cookies, names.headers)
    }
  }
  return names
}

function withoutValues(shown: Shown, names: Names, headers: Names): Shown {
  const { header } = shown
  if (header === undefined) return shown
  const redact = (text: unknown): unknown => (typeof text === 'string' ? redactIn(text, names) : text)
  const redactAll = (value: unknown): unknown => (Array.isArray(value) ? value.map(redact) : redact(value))
  const entries = Object.entries(header).map(([name, value]): [string, unknown] => {
    if (/^(set-)?cookie$/i.test(name)) return [name, redactAll(value)]
    const fingerprint = headers.get(name.toLowerCase())
    if (fingerprint === undefined || value === undefined || value === '') return [name, value]
    return [name, `#${fingerprint(String(value))}`]
  })
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
