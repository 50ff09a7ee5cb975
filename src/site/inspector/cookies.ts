import { createHash } from 'node:crypto'
import { parseCookie, parseSetCookie } from 'cookie'
import { fitsCookie } from '../../lib/internal.js'

/** The cookies that the demos set themselves, in plain text. The values of all others are shown as hashes. */
export const PLAIN_COOKIES = [
  'cart',
  'count',
  'date-time-name',
  'first-cookie',
  'four-ways',
  'lab-careless',
  'lab-one',
  'lab-two',
  'persistent',
  'profile_age',
  'profile_friend',
  'profile_name',
  'temporary',
] as const

/** And those of which there are many: an item of a cart each, or one of the cookies that try a browser's limits. */
const PLAIN_PREFIXES = ['cart.', 'limit-'] as const

export type PlainCookie = (typeof PLAIN_COOKIES)[number] | `${(typeof PLAIN_PREFIXES)[number]}${string}`

/** In a request's state: which cookies the demo's handler looked at. */
export interface CookiesRead {
  cookiesRead?: Set<string>
}

/** The names of the inspector's own cookies begin so. They are not shown, since they are no part of any demo. */
export const OWN_PREFIX = 'inspector-'

/** After the name of the session's cookie: the cookie of how far a visitor has come. */
export const PROGRESS_SUFFIX = '-progress'

const plainCookies: ReadonlySet<string> = new Set(PLAIN_COOKIES)

/** A cookie of a request, fit to be shown. */
export interface SentCookie {
  readonly name: string
  readonly value: string
  /** What this site needs it for, in a few words; undefined for a cookie of a step. */
  readonly purpose?: string
}

/** A `Set-Cookie` line, taken apart. */
export interface GivenCookie extends SentCookie {
  /** Whether the browser is told to remove it. */
  readonly isRemoval: boolean
  /** Whether its name and value are more than browsers keep: they drop it, and what they have stays. */
  readonly isTooLarge: boolean
  readonly attributes: readonly Explained[]
}

export interface Explained {
  /** As in the line: `SameSite=Lax`. */
  readonly text: string
  /** What a browser does because of it. */
  readonly meaning: string
}

/** Values as they are sent, percent-encoded. */
const RAW = { decode: (value: string): string => value }

/** Every cookie of a `Cookie` header, in its order. What gives access is a hash. */
export function everyCookie(header: string | undefined): SentCookie[] {
  return Object.entries(parseCookie(header ?? '', RAW)).map(([name, value = '']) => sentCookie(name, value))
}

/** The cookies of a `Cookie` header that the panel shows. */
export function sentCookies(header: string | undefined): SentCookie[] {
  const sent = everyCookie(header).filter(({ name }) => !name.startsWith(OWN_PREFIX))
  return withoutMasses(sent, (value) => ({ name: MASS, value }))
}

/** A cookie of a request, as pages show it. */
function sentCookie(name: string, value: string): SentCookie {
  const shown = { name, value: shownCookie(name, value) }
  const purpose = purposeOf(name)
  return purpose === undefined ? shown : { ...shown, purpose }
}

/** The cookies that belong to no step. */
function purposeOf(name: string): string | undefined {
  if (name.endsWith('csrftoken')) return 'the token of this site’s forms'
  if (name.endsWith(PROGRESS_SUFFIX)) return 'the session of your progress on the path'
  return name.startsWith(OWN_PREFIX) ? 'of the inspector' : undefined
}

/** The cookies that try how many a browser keeps: hundreds, and all alike. */
export const MASS = 'limit-…'
const MOST_ALIKE = 1

/** The first few of such cookies, and how many more there are. */
function withoutMasses<Cookie extends SentCookie>(
  cookies: readonly Cookie[],
  more: (value: string) => Cookie,
): Cookie[] {
  const alike = cookies.filter(({ name }) => /^limit-\d+$/.test(name))
  const left = new Set(alike.slice(MOST_ALIKE))
  const shown = cookies.filter((cookie) => !left.has(cookie))
  return left.size === 0 ? shown : [...shown, more(`${left.size} more`)]
}

/** The cookies that a response sets or removes. */
export function givenCookies(lines: readonly string[]): GivenCookie[] {
  const shownLines = lines.filter((line) => !line.startsWith(OWN_PREFIX))
  const given = shownLines.map((line) => {
    const cookie = parseSetCookie(line, RAW)
    const { name, value = '' } = cookie
    const isRemoval = value === '' || cookie.maxAge === 0
    const attributes = line
      .split(';')
      .slice(1)
      .map((text) => text.trim())
    return {
      name,
      value: shownCookie(name, value),
      isRemoval,
      isTooLarge: !fitsCookie(name, value),
      attributes: attributes.map((text) => ({ text, meaning: meaningOf(text, isRemoval) })),
    }
  })
  return withoutMasses(given, (value) => ({
    name: MASS,
    value,
    isRemoval: false,
    isTooLarge: false,
    attributes: [],
  }))
}

/** A session's or a token's value gives access, and one of another application is none of ours to show. */
export function shownCookie(name: string, value: string): string {
  if (value === '') return value
  if (!isPlain(name)) return digest(value)
  // The one that tries how long a cookie may be.
  return name === 'limit-size' && value.length > 40
    ? `${value.slice(0, 20)}… ${value.length} characters`
    : value
}

function isPlain(name: string): boolean {
  return plainCookies.has(name) || PLAIN_PREFIXES.some((prefix) => name.startsWith(prefix))
}

/** The first characters of a value's SHA-256: enough to see that it has changed, useless to anybody else. */
export function digest(value: string): string {
  return `#${createHash('sha256').update(value).digest('hex').slice(0, 8)}…`
}

/** RFC 6265bis, in one sentence each. */
const meanings: Readonly<Record<string, string>> = {
  'samesite=lax': 'sent when a link on another site leads here, but not with a form that is posted there',
  'samesite=strict': 'not sent with requests that another site caused',
  'samesite=none': 'sent with requests that another site caused, too',
  httponly: 'scripts in the page cannot read it',
  secure: 'sent over HTTPS only',
  partitioned: 'kept apart for each site that embeds this one',
}

function meaningOf(text: string, isRemoval: boolean): string {
  const known = meanings[text.toLowerCase()]
  if (known !== undefined) return known
  const [name = '', value = ''] = text.split('=')
  switch (name.toLowerCase()) {
    case 'path':
      return value === '/' ? 'sent with every request to this host' : `sent with requests below ${value} only`
    case 'domain':
      return `sent to every host of ${value}`
    case 'max-age':
      return isRemoval ? 'no life left: remove it now' : `kept for ${value} seconds, browser closed or not`
    case 'expires':
      return isRemoval ? 'long past: remove it now' : 'kept until then; Max-Age takes precedence'
    case 'priority':
      return 'how early Chrome removes it when a site has too many'
    default:
      return 'the browser decides what to do with it'
  }
}
