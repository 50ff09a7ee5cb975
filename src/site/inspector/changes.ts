import { type GivenCookie, MASS, type SentCookie } from './cookies.js'
import { differences, shortened } from './differences.js'
import type { EngineCall } from './recording.js'

/** One thing that a request changed, for the first lines of the panel. */
export interface Change {
  readonly where: 'cookie' | 'session'
  /** The cookie's name, or the key in the session; empty for the session itself. */
  readonly name: string
  /** Where in the key's value, if only a part of it differs: `.cart.items[0]`. */
  readonly inside?: string
  /** The value before; undefined without one. */
  readonly before?: string | undefined
  /** The value after; undefined without one. */
  readonly after?: string | undefined
  /** What happened, in a few words: `new`, `changed`, `removed`. */
  readonly what: string
  /** Whether another request did it, after this one had written. */
  readonly isOthers?: true
}

/** What a request and its response changed: in the session first, then in the browser. */
export function changesOf(
  calls: readonly EngineCall[],
  sent: readonly SentCookie[],
  given: readonly GivenCookie[],
): readonly Change[] {
  // The token of the forms comes last: no step is about it.
  const cookies = [...given].sort((one, other) => Number(isToken(one)) - Number(isToken(other)))
  return [...sessionChanges(calls), ...cookies.map((cookie) => cookieChange(cookie, sent))]
}

const isToken = ({ name }: GivenCookie): boolean => name.endsWith('csrftoken')

function cookieChange(
  { name, value, isRemoval, isTooLarge }: GivenCookie,
  sent: readonly SentCookie[],
): Change {
  const own = { where: 'cookie', name } as const
  if (name === MASS) return { ...own, after: value, what: 'set' }
  const before = sent.find((cookie) => cookie.name === name)?.value
  if (isRemoval) return { ...own, before, what: 'removed' }
  if (isTooLarge) return { ...own, after: value, what: 'is too large, so the browser drops it' }
  if (before === undefined) return { ...own, after: value, what: 'new' }
  if (before === value) return { ...own, after: value, what: 'sent again, with the same value' }
  return { ...own, before, after: value, what: 'changed' }
}

/** What became of a session, by the engine's call and its answer. */
const told: Readonly<Record<string, string>> = {
  'create created': 'begins',
  'rotate updated': 'has another id',
  'touch touched': 'has its end written again',
  'delete deleted': 'ends',
  'index.evict deleted': 'of another device ends',
  'revocations.revokeUser revoked': 'of each other device ends',
}

function sessionChanges(calls: readonly EngineCall[]): readonly Change[] {
  const changes: Change[] = []
  /** The newest data that was seen of each session, by the hash of its id. */
  const known = new Map<string, ReadonlyMap<string, string>>()
  const written = new Set<string>()
  for (const { call, outcome, key, newKey, data } of calls) {
    const what = told[`${call} ${outcome}`]
    if (what !== undefined) changes.push({ where: 'session', name: '', before: key, after: newKey, what })
    if (key === undefined || data === undefined) continue
    const before = known.get(key) ?? new Map()
    if (call !== 'load') {
      changes.push(...dataChanges(before, data))
      written.add(newKey ?? key)
    } else if (written.has(key)) {
      // It looks at what it has written, as the race of two tabs does at its end.
      changes.push(...dataChanges(before, data).map((one) => ({ ...one, isOthers: true as const })))
    }
    known.set(newKey ?? key, data)
  }
  return changes
}

function dataChanges(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly Change[] {
  const where = 'session'
  const removed = [...before].filter(([name]) => !after.has(name))
  return [
    ...[...after].flatMap(([name, value]) =>
      valueChanges(before.get(name), value).map((one) => ({ where, name, ...one }) as const),
    ),
    ...removed.map(([name, value]) => ({ where, name, before: shortened(value), what: 'removed' }) as const),
  ]
}

/** What became of the value of one key, given as JSON: only what differs of it. */
function valueChanges(before: string | undefined, after: string): readonly Omit<Change, 'where' | 'name'>[] {
  if (before === undefined) return [{ after: shortened(after), what: 'new' }]
  return differences(before, after).map((one) => ({ ...one, what: whatOf(one) }))
}

function whatOf({ before, after }: Pick<Change, 'before' | 'after'>): string {
  return before === undefined ? 'new' : after === undefined ? 'removed' : 'changed'
}

/** A line of a session's data as JSON, and whether it belongs to a key that was changed. */
export interface DataLine {
  readonly text: string
  readonly isChanged: boolean
}

/** The data as indented JSON, line by line. */
export function dataLines(data: string, changes: readonly Change[]): readonly DataLine[] {
  const changed = new Set(changes.filter(({ where }) => where === 'session').map(({ name }) => name))
  let isChanged = false
  return data.split('\n').map((text) => {
    // Two spaces: a key of the session itself. What is nested in its value stands deeper.
    const [, key] = /^ {2}("(?:[^"\\]|\\.)*"):/.exec(text) ?? []
    if (key !== undefined) isChanged = changed.has(JSON.parse(key) as string)
    else if (!text.startsWith('  ')) isChanged = false
    return { text, isChanged }
  })
}
