import { basename, parse } from 'node:path'
import type { Setting } from './definitions.js'
import { HIDDEN } from './describe.js'
import type { SettingFault } from './errors.js'
import { EXTENSION, type Layer, type Origin, spellingsIn } from './layers.js'

/** What the options of koa-session, express-session and their kin are called here. A function is told the value. */
const COUNTERPARTS: ReadonlyMap<string, string | ((value: unknown) => string)> = new Map<
  string,
  string | ((value: unknown) => string)
>([
  ['maxAge', cookieAgeFrom],
  ['ttl', 'cookieAge, in seconds'],
  ['expires', 'cookieAge, in seconds from the last save; for one session session.setExpiry(date)'],
  ['key', 'cookieName'],
  ['name', 'cookieName'],
  ['secret', 'secretKey, with earlier ones in secretKeyFallbacks; only engines that sign or seal need it'],
  ['keys', 'secretKey, with earlier ones in secretKeyFallbacks; only engines that sign or seal need it'],
  ['path', 'cookiePath'],
  ['domain', 'cookieDomain'],
  ['httpOnly', 'cookieHttpOnly'],
  ['secure', 'cookieSecure'],
  ['sameSite', 'cookieSameSite'],
  ['partitioned', 'cookiePartitioned'],
  ['priority', 'cookiePriority'],
  ['cookie', 'one option for each of its members: cookieAge (seconds), cookiePath, cookieSecure and so on'],
  ['rolling', 'saveEveryRequest'],
  ['renew', 'saveEveryRequest, or idleTimeout, which writes only now and then'],
  ['store', 'engine, by name, or for a Keyv adapter keyvEngine(new Keyv({ store }))'],
  ['ContextStore', 'engine, by name, or for a Keyv adapter keyvEngine(new Keyv({ store }))'],
  ['prefix', 'keyPrefix'],
  ['genid', 'generateId'],
  ['genSid', 'generateId'],
  ['reconnectTimeout', 'engineTimeout'],
  ['encode', 'codec: how a store keeps records; with signed_cookies cookieCodec'],
  ['decode', 'codec: how a store keeps records; with signed_cookies cookieCodec'],
  ['signed', 'engine: an id is random and needs no signature, and signed_cookies signs always'],
  ['proxy', 'app.proxy = true, which Koa has'],
  ['trustProxy', 'app.proxy = true, which Koa has'],
])

/** Options of those packages that there is no need for, and why. */
const NEEDLESS: ReadonlyMap<string, string> = new Map([
  ['overwrite', 'a response has one cookie of the session'],
  ['resave', 'only what was changed is written'],
  ['saveUninitialized', 'a session without data is not stored and sets no cookie'],
  ['autoCommit', 'a session is saved once, after the handler; session.save() saves earlier'],
  ['unset', 'session.flush() ends a session'],
  ['allowEmpty', 'a session without data is not stored'],
  ['disableTouch', 'a store is touched only where idleTimeout or saveEveryRequest asks for it'],
  ['externalKey', 'ids come in the cookie only; sessions.open(id) opens a session outside of requests'],
  ['sessionIdStore', 'ids come in the cookie only; sessions.open(id) opens a session outside of requests'],
  ['defer', 'a session is opened when a handler first asks for it'],
  ['errorHandler', 'what a store throws reaches the application like any other error'],
  ['valid', 'look at the session in a middleware of your own, and flush() it'],
  ['beforeSave', 'change the session in a middleware of your own, after its next()'],
  ['port', 'it is the server’s, and the application’s to read'],
  ['host', 'it is the server’s, and the application’s to read'],
])

/** koa-session and express-session count milliseconds. */
function cookieAgeFrom(value: unknown): string {
  if (value === 'session') return 'expireAtBrowserClose: true'
  const seconds = typeof value === 'number' ? Math.max(1, Math.round(value / 1000)) : Number.NaN
  return Number.isSafeInteger(seconds)
    ? `cookieAge, in seconds: cookieAge: ${seconds}`
    : 'cookieAge, in seconds'
}

export function allSpellingsIn(origin: Origin, settings: readonly Setting[]): readonly string[] {
  return settings.flatMap((setting) => spellingsIn(origin, setting))
}

/** What is wrong with a name that is no setting's. */
export const NO_SETTING = 'is no setting'

/** The faults of names that are no setting's. The list of all names is told once. */
export function unknownNames(
  { name: layer, origin, values }: Layer,
  settings: readonly Setting[],
): SettingFault[] {
  if (origin === 'environment') return []
  const known = allSpellingsIn(origin, settings)
  let isListed = false
  const remedyFor = (name: string): string => {
    const counterpart = origin === 'code' ? counterpartOf(name, values.get(name)) : undefined
    if (counterpart !== undefined) return counterpart
    const meant = meantBy(name, known)
    if (meant !== undefined) return `Did you mean ${meant}?`
    if (isListed) return 'See the names above.'
    isListed = true
    const list = `There are ${known.join(', ')}.`
    return origin === 'file' ? `${list} An application declares its own: loadSettings({ own: … }).` : list
  }
  return (
    [...values.keys()]
      .filter((name) => !known.includes(name))
      // Its value is not shown: it may be a misspelled SECRET_KEY's.
      .map((name) => ({ name, value: HIDDEN, layer, problem: NO_SETTING, remedy: remedyFor(name) }))
  )
}

function ignoringCase<Value>(map: ReadonlyMap<string, Value>, name: string): Value | undefined {
  return [...map].find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

function counterpartOf(name: string, value: unknown): string | undefined {
  const counterpart = ignoringCase(COUNTERPARTS, name)
  if (counterpart !== undefined)
    return `Here it is ${typeof counterpart === 'string' ? counterpart : counterpart(value)}.`
  const reason = ignoringCase(NEEDLESS, name)
  return reason && `Leave it out: ${reason}.`
}

/** Names in the environment that look like a setting's, misspelled. The environment is full of others. */
export function misspelled({ name: layer, origin, values }: Layer, settings: readonly Setting[]): string[] {
  const known = allSpellingsIn(origin, settings)
  return [...values.keys()]
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = meantBy(name, known)
      if (meant === undefined && !OF_THE_OLD_ENGINE.test(name)) return []
      const remedy =
        meant === undefined
          ? `There are ${known.filter((one) => OF_THE_OLD_ENGINE.test(one)).join(', ')}.`
          : `Did you mean ${meant}?`
      return [`${name} (${layer}) is no setting and has no effect. ${remedy}`]
    })
}

/** No other program's variables begin like that, and with a wrong one sessions are looked for in a wrong place. */
const OF_THE_OLD_ENGINE = /^MOVE_FROM_/

/** The setting that was most likely meant. `MOVE_FROM_FILE_PATH` stands beside `SESSION_FILE_PATH`, and `MOVE_FROM` beside `SESSION_ENGINE`. */
function meantBy(name: string, known: readonly string[]): string | undefined {
  if (/^MOVE_FROM_(SESSION_)?ENGINE$/.test(name)) return 'MOVE_FROM'
  return nearest(name.replace(/^MOVE_FROM_SESSION_/, 'MOVE_FROM_'), known)
}

/** Environments that need no file. */
const KNOWN_ENVIRONMENTS: readonly string[] = ['development', 'production', 'test']

/**
 * The fault of an environment that is neither known nor has a file, and so has the settings of development. Compared
 * are the names of the files as they are: a file system that ignores case would find `Production.json5`, too.
 */
export function unknownEnvironment(
  environment: string,
  configDir: string,
  files: readonly string[],
): Pick<SettingFault, 'problem' | 'remedy'> | undefined {
  const stems = files
    .filter((file) => file.endsWith(EXTENSION))
    .map((file) => parse(file).name)
    .filter((stem) => stem !== 'default' && !/^local\b/.test(stem))
  if (KNOWN_ENVIRONMENTS.includes(environment) || stems.includes(environment)) return undefined
  const known = [...new Set([...KNOWN_ENVIRONMENTS, ...stems])].sort()
  const meant = nearestEnvironment(environment, known)
  // Without any file, an environment of the application's own is nothing to wonder at.
  if (files.length === 0 && meant === undefined) return undefined
  return {
    problem: `has no file ${basename(configDir)}/${environment}${EXTENSION}`,
    remedy: meant === undefined ? `There are ${known.join(', ')}.` : `Did you mean ${meant}?`,
  }
}

/** The environment that was most likely meant: `prod` and `Production` are production. */
export function nearestEnvironment(text: string, known: readonly string[]): string | undefined {
  const lower = text.toLowerCase()
  const begun = lower.length < 3 ? undefined : known.find((name) => name.startsWith(lower))
  return known.find((name) => name.toLowerCase() === lower) ?? begun ?? nearest(lower, known)
}

/** The candidate that `text` was most likely meant to be, if one is at most `limit` edits away. */
export function nearest(text: string, candidates: readonly string[], limit = 2): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: edits(plain(text), plain(candidate)) }))
    // As many edits as there are letters make any word of any other.
    .filter(({ candidate, edits }) => edits <= Math.min(limit, plain(candidate).length - 1))
    .sort((a, b) => a.edits - b.edits)
  return best?.candidate
}

/** `cookieAge`, `cookie_age` and `COOKIE_AGE` are the same word. */
const plain = (name: string): string => name.replaceAll('_', '').toLowerCase()

/** How many letters to insert, delete or replace to make `b` of `a` (Levenshtein). */
function edits(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1]
    for (const [column, other] of [...b].entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1)
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1))
    }
    previous = current
  }
  return previous.at(-1) ?? 0
}
