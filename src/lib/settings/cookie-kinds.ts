import { z } from 'zod'
import { COOKIE_NAME, COOKIE_PATH, LONGEST_COOKIE_AGE } from '../middleware/cookie.js'
import { flag, type Kind, text, wholeNumber } from './kinds.js'

export const cookieAge: Kind<number> = wholeNumber({
  min: 1,
  max: LONGEST_COOKIE_AGE,
  right: `whole seconds from 1 to ${LONGEST_COOKIE_AGE} (400 days: browsers keep no cookie for longer)`,
})

export const cookieName: Kind<string> = text({
  pattern: COOKIE_NAME,
  problem: 'cannot be the name of a cookie',
  right: `letters, digits and !#$%&'*+-.^_\`|~, at most 256`,
})

/** Browsers ignore an attribute that is longer: octets (RFC 6265bis 5.6). */
const LONGEST_ATTRIBUTE = 1024

export const cookiePath: Kind<string> = {
  schema: z
    .string({ error: 'is not text' })
    .startsWith('/', { error: 'does not begin with a slash' })
    // ASCII alone, so characters are octets.
    .regex(COOKIE_PATH, { error: 'holds a character that no cookie can carry' })
    .max(LONGEST_ATTRIBUTE, { error: `is longer than ${LONGEST_ATTRIBUTE} octets` }),
  read: (path) => path,
  right: `a path that begins with a slash: printable ASCII without ; and <, at most ${LONGEST_ATTRIBUTE} octets`,
}

const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'

export const cookieDomain: Kind<string> = text({
  pattern: new RegExp(`^(?=.{1,254}$)\\.?${label}(\\.${label})*$`, 'i'),
  problem: 'is not a domain name',
  right: 'a domain name such as example.com, or nothing',
})

/** `auto`: as the request came (S48). */
export const cookieSecure: Kind<boolean | 'auto'> = {
  schema: z.union([z.boolean(), anyCase(['auto'])], { error: 'is none of the choices' }),
  read: flag.read,
  right: 'true, false or auto',
  choices: ['true', 'false', 'auto'],
}

const sameSites = ['Lax', 'Strict', 'None'] as const
type SameSite = (typeof sameSites)[number]

/** Django writes `False` for a cookie without the attribute. */
export const cookieSameSite: Kind<SameSite | false> = {
  schema: z.union([z.literal(false), anyCase(sameSites)], { error: 'is none of the choices' }),
  read: (name) => (name.toLowerCase() === 'false' ? false : name),
  right: 'Lax, Strict or None, or false for a cookie without the attribute',
  choices: sameSites,
}

const priorities = ['Low', 'Medium', 'High'] as const

export const cookiePriority: Kind<(typeof priorities)[number]> = {
  schema: anyCase(priorities),
  read: (name) => name,
  right: 'Low, Medium or High, or nothing',
  choices: priorities,
}

/** One of these words, written in capitals or not. */
function anyCase<const T extends string>(words: readonly T[]) {
  const message = 'is none of the choices'
  return z.string({ error: message }).transform((given, context): T => {
    const found = words.find((word) => word.toLowerCase() === given.toLowerCase())
    if (found !== undefined) return found
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}
