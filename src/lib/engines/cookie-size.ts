import { CookieTooLarge } from './errors.js'

/** Octets of name and value together that every browser keeps (RFC 6265bis). */
export const LONGEST_COOKIE = 4096

/** Whether browsers keep a cookie with this name and value, both in ASCII. */
export function fitsCookie(name: string, value: string): boolean {
  return name.length + value.length <= LONGEST_COOKIE
}

/** @throws CookieTooLarge if browsers would drop it. */
export function assertFitsCookie(name: string, value: string): void {
  if (!fitsCookie(name, value)) throw new CookieTooLarge(name.length + value.length, LONGEST_COOKIE)
}
