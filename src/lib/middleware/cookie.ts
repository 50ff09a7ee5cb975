import { type SetCookie, stringifySetCookie } from 'cookie'

/** The attributes of a cookie. Its removal has the same (S28). */
export interface CookieOptions {
  readonly name: string
  readonly path: string
  readonly domain: string | undefined
  readonly httpOnly: boolean
  readonly secure: boolean
  readonly sameSite: 'Lax' | 'Strict' | 'None' | false
  readonly partitioned?: boolean
  readonly priority?: 'Low' | 'Medium' | 'High' | undefined
}

/** The session's cookie, as the settings say. */
export interface CookieSettings extends Omit<CookieOptions, 'secure'> {
  /** `auto`: where the request came over HTTPS. That is `ctx.secure`, which believes a proxy only with `app.proxy` (S48). */
  readonly secure: boolean | 'auto'
}

/**
 * What a cookie's name may be: a token of RFC 9110 (S42). Name and value share the 4096 octets that browsers keep (S41),
 * and the value needs most of them.
 */
export const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/

/** What a cookie's path may hold: no character that ends the attribute and begins another one (S42). */
export const COOKIE_PATH = /^[\x20-\x3a\x3d-\x7e]*$/

/** The longest that browsers keep a cookie: 400 days, in seconds (RFC 6265bis). */
export const LONGEST_COOKIE_AGE = 34_560_000

/** How long a browser is to keep the cookie: until it closes, or `age` seconds from `now` (milliseconds since 1970). */
export type CookieLife = 'browser' | { readonly age: number; readonly now: number }

export function setCookie(options: CookieOptions, value: string, life: CookieLife): string {
  const { name, path, domain, httpOnly, secure, sameSite, partitioned = false, priority } = options
  const line: SetCookie = { name, value, path, httpOnly, secure, partitioned }
  if (domain !== undefined) line.domain = domain
  if (sameSite !== false) line.sameSite = lowerCase[sameSite]
  if (priority !== undefined) line.priority = lowerCase[priority]
  if (life !== 'browser') {
    line.maxAge = maxAgeOf(life)
    line.expires = new Date(life.now + line.maxAge * 1000)
  }
  return stringifySetCookie(line)
}

/** `Max-Age=0`, and an `Expires` in 1970. */
export function removeCookie(options: CookieOptions): string {
  return setCookie(options, '', { age: 0, now: 0 })
}

/** Whole seconds. Rounded up: a cookie that is to live for half a second must not be removed by `Max-Age=0`. */
export function maxAgeOf({ age }: Exclude<CookieLife, 'browser'>): number {
  return Math.min(Math.ceil(age), LONGEST_COOKIE_AGE)
}

const lowerCase = {
  Lax: 'lax',
  Strict: 'strict',
  None: 'none',
  Low: 'low',
  Medium: 'medium',
  High: 'high',
} as const

/**
 * The value of the cookie `name` in a `Cookie` header. Of several the last one counts, as in Django. Browsers send the one
 * with the longest path first, and a sibling domain can plant one at either end.
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  return readCookies(header, name).at(-1)
}

/** The values of every cookie `name` in a `Cookie` header, in the header's order, without the quotes around a value. */
export function readCookies(header: string | undefined, name: string): readonly string[] {
  let at = header?.indexOf(name) ?? -1
  if (header === undefined || at === -1 || name === '') return NONE
  let found: string[] | undefined
  while (at !== -1) {
    const before = passBlanks(header, at - 1, -1)
    const equals = passBlanks(header, at + name.length, 1)
    let next = at + 1
    const begins = before === -1 || header.charCodeAt(before) === SEMICOLON
    if (begins && header.charCodeAt(equals) === EQUALS) {
      const semicolon = header.indexOf(';', equals)
      next = semicolon === -1 ? header.length : semicolon
      const value = header.slice(passBlanks(header, equals + 1, 1), passBlanks(header, next - 1, -1) + 1)
      found ??= []
      found.push(value.charCodeAt(0) === QUOTE ? unquote(value) : value)
    }
    at = header.indexOf(name, next)
  }
  return found ?? NONE
}

const NONE: readonly string[] = []

// As codes of characters: a character by itself is a string, and takes five times as long. Every request comes this way.
const [TAB, SPACE, QUOTE, SEMICOLON, EQUALS] = [0x09, 0x20, 0x22, 0x3b, 0x3d] as const

/**
 * The first place from `place` on, forwards or backwards, without a space or a tab: these do not belong to a name or a value
 * (RFC 6265, 5.2). `String.trim` takes away more: a no-break space is a part of the name, so `\u00a0__Host-sessionid` is
 * another cookie, which a sibling domain can plant: browsers see no prefix in it.
 */
function passBlanks(text: string, place: number, step: 1 | -1): number {
  for (let at = place; ; at += step) {
    const code = text.charCodeAt(at)
    if (code !== SPACE && code !== TAB) return at
  }
}

function unquote(value: string): string {
  return value.length > 1 && value.endsWith('"') ? value.slice(1, -1) : value
}
