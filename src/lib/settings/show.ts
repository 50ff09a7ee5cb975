import { inspect } from 'node:util'
import type { Setting } from './definitions.js'

/** What stands for a secret, whatever its length. */
export const HIDDEN = '••••••'

/** A value in effect, as anybody may see it. */
export function shown({ secret }: Setting, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none'
  if (secret === 'value') return HIDDEN
  return secret === 'password' ? hidePassword(String(value)) : String(value)
}

/** A value as somebody gave it, right or wrong: with the quotes that tell text from numbers, and on one line. */
export function shownAsGiven({ secret }: Setting, value: unknown): string {
  if (secret === 'value') return value === undefined ? 'none' : HIDDEN
  const open = secret === 'password' && typeof value === 'string' ? hidePassword(value) : value
  // What stands inside an object is not looked at: it may be somebody's secret in the wrong place.
  return open === undefined
    ? 'none'
    : inspect(open, { depth: -1, maxStringLength: 120, customInspect: false })
}

/**
 * A URL without what could be a password: all between the user's name and the last @, and a port that is none. The
 * URL may be a malformed one, since messages about those are shown too. SQLite's have no password, and any path.
 */
function hidePassword(url: string): string {
  if (url.startsWith('sqlite:')) return url
  return url
    .split(/,(?=\s*[a-z][\w+.-]*:\/\/)/i)
    .map(hidePasswordOfOne)
    .join(',')
}

function hidePasswordOfOne(url: string): string {
  return url
    .replace(
      /^([a-z][\w+.-]*:\/*)?([^:@/]*:)?.*@/is,
      (_, scheme = '', user = '') => `${scheme}${user}${HIDDEN}@`,
    )
    .replace(/^([a-z][\w+.-]*:\/\/[^/:@[]*:)(?!\d*(?:[/?#]|$)|•)[^@]*$/is, `$1${HIDDEN}`)
    .replace(/([?&](?:password|passwd|pass|pwd|token|secret)=)[^&#]*/gi, `$1${HIDDEN}`)
}
