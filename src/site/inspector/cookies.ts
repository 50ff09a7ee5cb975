import { createHash } from 'node:crypto'
import { parseCookie, parseSetCookie } from 'cookie'

/** A cookie of a request, fit to be shown. */
export interface SentCookie {
  readonly name: string
  readonly value: string
}

/** A `Set-Cookie` line, taken apart. */
export interface GivenCookie extends SentCookie {
  /** The browser is told to forget it. */
  readonly isRemoval: boolean
  readonly attributes: readonly Explained[]
}

export interface Explained {
  /** As it stands in the line: `SameSite=Lax`. */
  readonly text: string
  /** What a browser makes of it. */
  readonly meaning: string
}

/** Which cookies open something: of their values only a hash is shown. */
export type IsSecret = (name: string) => boolean

/** Values as they travel, percent signs and all. */
const WIRE = { decode: (value: string): string => value }

/** The cookies of a `Cookie` header. */
export function sentCookies(header: string | undefined, isSecret: IsSecret): SentCookie[] {
  return Object.entries(parseCookie(header ?? '', WIRE)).map(([name, value = '']) => ({
    name,
    value: isSecret(name) ? digest(value) : value,
  }))
}

/** The cookies that a response gives. */
export function givenCookies(lines: readonly string[], isSecret: IsSecret): GivenCookie[] {
  return lines.map((line) => {
    const cookie = parseSetCookie(line, WIRE)
    const { name, value = '' } = cookie
    const isRemoval = value === '' || cookie.maxAge === 0
    const attributes = line
      .split(';')
      .slice(1)
      .map((text) => text.trim())
    return {
      name,
      value: value !== '' && isSecret(name) ? digest(value) : value,
      isRemoval,
      attributes: attributes.map((text) => ({ text, meaning: meaningOf(text, isRemoval) })),
    }
  })
}

/** The first characters of a value's SHA-256: enough to see that it is another one, of no use to anybody else. */
export function digest(value: string): string {
  return `#${createHash('sha256').update(value).digest('hex').slice(0, 8)}…`
}

/** RFC 6265bis, in a sentence each. */
const meanings: Readonly<Record<string, string>> = {
  'samesite=lax': 'other sites can link here with it, but not post with it',
  'samesite=strict': 'requests that other sites caused never bear it',
  'samesite=none': 'requests that other sites caused bear it too',
  httponly: 'scripts in the page cannot read it',
  secure: 'sent over HTTPS only',
  partitioned: 'another jar for each site that embeds this one',
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
      return isRemoval ? 'over at once: forget it' : `kept for ${value} seconds, browser closed or not`
    case 'expires':
      return isRemoval ? 'long past: forget it' : 'kept until then; Max-Age, if there is one, goes first'
    case 'priority':
      return 'how late Chrome gives it up where a site has too many'
    default:
      return 'left to the browser'
  }
}
