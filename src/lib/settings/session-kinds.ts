import { resolve } from 'node:path'
import {
  ENGINE_NAMES,
  type EngineName,
  engineNamed,
  isModulePath,
  type ModulePath,
} from '../engines/names.js'
import { redisAddress } from '../engines/redis/address.js'
import { characterToEscapeInList, escapeRemedy } from '../engines/url-escapes.js'
import { COOKIE_NAME, COOKIE_PATH, LONGEST_COOKIE_AGE } from '../middleware/cookie.js'

import { asItIs, choiceInAnyCase, flag, type Kind, optional, problem, text, wholeNumber } from './kinds.js'

export const engine: Kind<EngineName | ModulePath> = {
  check(value) {
    const found = typeof value === 'string' ? (isModulePath(value) ? value : engineNamed(value)) : undefined
    return found === undefined ? problem('is no engine') : { value: found }
  },
  read: asItIs,
  right: `${ENGINE_NAMES.join(', ')}, or the path of a module such as ./my-engine.js`,
  choices: ENGINE_NAMES,
  shown: 'value',
}

export const cookieAge = wholeNumber({
  min: 1,
  max: LONGEST_COOKIE_AGE,
  right: `whole seconds from 1 to ${LONGEST_COOKIE_AGE} (400 days: browsers keep no cookie for longer)`,
})

/** 0 would be a session that ends before it begins; a timeout is turned off by leaving it out. */
export const timeout = optional(
  wholeNumber({
    min: 1,
    max: LONGEST_COOKIE_AGE,
    right: `whole seconds from 1 to ${LONGEST_COOKIE_AGE} (400 days), or nothing to leave it off`,
  }),
)

export const cookieName = text({
  pattern: COOKIE_NAME,
  problem: 'cannot be the name of a cookie',
  right: `letters, digits and !#$%&'*+-.^_\`|~, at most 256`,
  shown: 'value',
})

/** Browsers ignore an attribute that is longer: octets (RFC 6265bis 5.6). */
const LONGEST_ATTRIBUTE = 1024

export const cookiePath: Kind<string> = {
  check(value) {
    if (typeof value !== 'string') return problem('is not text')
    if (!value.startsWith('/')) return problem('does not begin with a slash')
    if (!COOKIE_PATH.test(value)) return problem('holds a character that no cookie can carry')
    // ASCII only, so characters are octets.
    return value.length > LONGEST_ATTRIBUTE
      ? problem(`is longer than ${LONGEST_ATTRIBUTE} octets`)
      : { value }
  },
  read: asItIs,
  right: `a path that begins with a slash: printable ASCII without ; and <, at most ${LONGEST_ATTRIBUTE} octets`,
  shown: 'value',
}

/** A day, or a moment with its offset: without one it would be another moment on each machine. */
const MOMENT = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/

/** A moment, as ISO 8601 in UTC from here on. */
export const moment = optional<string>({
  check(value) {
    const day = typeof value === 'string' ? MOMENT.exec(value)?.[1] : undefined
    if (typeof value !== 'string' || day === undefined) return problem('is no moment')
    const [time, midnight] = [Date.parse(value), Date.parse(day)]
    // Some days do not exist: Date makes 2 March of 30 February.
    const exists = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
    return exists && !Number.isNaN(time)
      ? { value: new Date(time).toISOString() }
      : problem('is a moment that does not exist')
  },
  read: asItIs,
  right: 'a day such as 2026-12-31 (from its beginning in UTC), or a moment such as 2026-12-31T18:00Z',
  shown: 'value',
})

const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'

export const cookieDomain = optional(
  text({
    pattern: new RegExp(`^(?=.{1,254}$)\\.?${label}(\\.${label})*$`, 'i'),
    problem: 'is not a domain name',
    right: 'a domain name such as example.com, or nothing',
    shown: 'value',
  }),
)

const auto = choiceInAnyCase(['auto'])

/** `auto`: as the request came (S48). */
export const cookieSecure: Kind<boolean | 'auto'> = {
  check: (value) => (typeof value === 'boolean' ? { value } : auto.check(value)),
  read: flag.read,
  right: 'true, false or auto',
  choices: ['true', 'false', 'auto'],
  shown: 'value',
}

const sameSite = choiceInAnyCase(['Lax', 'Strict', 'None'])

/** Django writes `False` for a cookie without the attribute. */
export const cookieSameSite: Kind<'Lax' | 'Strict' | 'None' | false> = {
  ...sameSite,
  check: (value) => (value === false ? { value } : sameSite.check(value)),
  read: (name) => (name.toLowerCase() === 'false' ? false : name),
  right: 'Lax, Strict or None, or false for a cookie without the attribute',
}

export const cookiePriority = optional({
  ...choiceInAnyCase(['Low', 'Medium', 'High']),
  right: 'Low, Medium or High, or nothing',
})

/** `~` and variables are a shell's: Node would make a directory of that name. */
function pathProblem(path: string): string | undefined {
  const first = /^(~|\$\w|\$\{)/.exec(path)?.[1]
  if (/^file:/i.test(path))
    return 'begins with file:, which would be a part of the name: write the path alone'
  return first && `begins with ${first[0]}, which only a shell replaces: write the whole path`
}

/** A path, absolute from here on: the process may change its working directory later. */
export const path: Kind<string> = {
  ...text({ right: 'a path' }),
  check(value) {
    if (typeof value !== 'string') return problem('is not text')
    if (!/^[^\0]+$/.test(value)) return problem('is not usable')
    const wrong = pathProblem(value)
    return wrong === undefined ? { value: resolve(value) } : problem(wrong)
  },
  shown: 'path',
}

const SQLITE = /^sqlite:(?:\/\/)?(?=[^/]|\/+[^/])([^\0]+?)(\?driver=[^?]*)?$/
const SQLITE_DRIVERS = ['?driver=node:sqlite', '?driver=sqlite3']
const DATABASE = /^(postgres(ql)?|mysql|mariadb):\/\/[^/\0][^\0]*$/

export const databaseUrl: Kind<string> = {
  check(value) {
    if (typeof value !== 'string') return problem('is not text')
    if (DATABASE.test(value)) return { value }
    const [, file, driver = ''] = SQLITE.exec(value) ?? []
    if (file === undefined) return problem('names no database that is supported')
    if (driver !== '' && !SQLITE_DRIVERS.includes(driver))
      return problem('asks for another driver of SQLite than node:sqlite and sqlite3')
    if (file === ':memory:') return { value }
    const wrong = pathProblem(file)
    return wrong === undefined ? { value: `sqlite:${resolve(file)}${driver}` } : problem(wrong)
  },
  read: asItIs,
  right: 'sqlite:path, postgres://user@host/database or mysql://user@host/database',
  shown: 'address',
}

/** A table or a schema. PostgreSQL cuts a longer name off at 63 bytes. */
export const databaseName = text({
  pattern: /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
  problem: 'cannot be the name of a table or schema',
  right: 'letters, digits and underscores, at most 63, and no digit first',
  shown: 'value',
})

export const redisUrl: Kind<string> = {
  check(value) {
    if (typeof value !== 'string') return problem('is not text')
    const character = characterToEscapeInList(value)
    if (character !== undefined) return problem(`cannot be parsed: ${escapeRemedy(character)}`)
    return redisAddress(value) === undefined ? problem('is not the URL of a Redis server') : { value }
  },
  read: asItIs,
  right:
    'a URL such as redis://127.0.0.1:6379 (rediss: for TLS); for a cluster redis+cluster://host:6379,host:6379; with ' +
    'sentinels redis+sentinel://host:26379,host:26379/name-of-the-primary',
  shown: 'address',
}

/** What may stand before a key in every store: no separator of any of them. */
export const keyPrefix = text({
  pattern: /^[A-Za-z0-9_-]{1,64}$/,
  problem: 'cannot stand before a key',
  right: '1 to 64 letters, digits, dashes and underscores',
  shown: 'value',
})

/** A name of the IANA database. */
export const timeZone: Kind<string> = {
  check(value) {
    if (typeof value !== 'string') return problem('is not text')
    try {
      return { value: new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone }
    } catch {
      return problem('is no time zone')
    }
  },
  read: asItIs,
  right: 'the name of a time zone, such as UTC or America/New_York',
  shown: 'value',
}
