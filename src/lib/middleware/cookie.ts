import { type SetCookie, stringifySetCookie } from 'cookie'

/** The attributes that every cookie of a session has, its removal too (S28). */
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

/** The session's cookie, as the settings have it. */
export interface CookieSettings extends Omit<CookieOptions, 'secure'> {
  /** `auto`: as the request came, in the eyes of Koa, which believes a proxy only where `app.proxy` says so (S48). */
  readonly secure: boolean | 'auto'
}

/**
 * What a cookie's name may be: RFC 9110's token (S42). Name and value share the 4096 octets that browsers keep (S41), of
 * which the value needs most.
 */
export const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/

/** What a cookie's path may hold: nothing that could end the attribute and begin another one (S42). */
export const COOKIE_PATH = /^[\x20-\x3a\x3d-\x7e]*$/

/** Browsers keep no cookie for longer: 400 days, in seconds (RFC 6265bis). */
export const LONGEST_COOKIE_AGE = 34_560_000

/** How long a browser is to keep the cookie: until it closes, or seconds from now (milliseconds since 1970). */
export type CookieLife = 'browser' | { readonly age: number; readonly now: number }

export function setCookie(options: CookieOptions, value: string, life: CookieLife): string {
  const line = setCookieOf(options, value)
  if (life !== 'browser') {
    line.maxAge = maxAgeOf(life)
    line.expires = new Date(life.now + line.maxAge * 1000)
  }
  return stringifySetCookie(line)
}

/** Whole seconds. */
export function maxAgeOf({ age }: Exclude<CookieLife, 'browser'>): number {
  return Math.min(Math.trunc(age), LONGEST_COOKIE_AGE)
}

export function removeCookie(options: CookieOptions): string {
  const line = setCookieOf(options, '')
  line.maxAge = 0
  line.expires = new Date(0)
  return stringifySetCookie(line)
}

function setCookieOf(options: CookieOptions, value: string): SetCookie {
  const { name, path, domain, httpOnly, secure, sameSite, partitioned = false, priority } = options
  const line: SetCookie = { name, value, path, httpOnly, secure, partitioned }
  if (domain !== undefined) line.domain = domain
  if (sameSite !== false) line.sameSite = lowerCase[sameSite]
  if (priority !== undefined) line.priority = lowerCase[priority]
  return line
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
 * The value of the cookie `name` in a `Cookie` header. Of several the last one counts, as for Django (item 76); a
 * browser sends the one with the longest path first, and an attacker's sibling domain can set either.
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  return readCookies(header, name).at(-1)
}

/** The values of every cookie `name` in a `Cookie` header, in its order. Quotes around a value are not part of it. */
export function readCookies(header: string | undefined, name: string): readonly string[] {
  if (header === undefined || !header.includes(name)) return NONE
  const found: string[] = []
  for (let start = 0, end: number; start < header.length; start = end + 1) {
    end = header.indexOf(';', start)
    if (end === -1) end = header.length
    const equals = header.indexOf('=', start)
    if (equals === -1) break
    if (equals < end && header.slice(start, equals).trim() === name) {
      found.push(unquoted(header.slice(equals + 1, end).trim()))
    }
  }
  return found
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.replace(/^"(.*)"$/, '$1') : value
}

const NONE: readonly string[] = []
