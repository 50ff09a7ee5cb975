import { digest } from './cookies.js'

/** A part of a value that differs. */
export interface Difference {
  /** Where it is in the value: `.items[0]`; empty for the whole value. */
  readonly inside: string
  /** As JSON; undefined where there was nothing before, or is nothing now. */
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Characters of a text that are shown. */
const LONGEST = 100
/** Characters that two texts have in common which are shown before and after what differs. */
const AROUND = 8
/** The most parts of one value that are told apart. */
const MOST_PARTS = 6

/** What differs between two values, each given as JSON; empty if nothing does. */
export function differences(before: string, after: string): readonly Difference[] {
  if (before === after) return []
  const parts = [...partsThatDiffer(JSON.parse(before), JSON.parse(after), '')]
  const shown = parts.length <= MOST_PARTS ? parts : [{ inside: '', before, after }]
  return shown.map((one) => ({ ...one, ...besideEachOther(one) }))
}

/** A text, or its beginning and a hash of all of it: two long texts that differ are then shown differently. */
export function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… ${digest(text)}`
}

function* partsThatDiffer(before: unknown, after: unknown, inside: string): Generator<Difference> {
  if (!isHolder(before) || !isHolder(after) || Array.isArray(before) !== Array.isArray(after)) {
    const texts = { before: JSON.stringify(before), after: JSON.stringify(after) }
    if (texts.before !== texts.after) yield { inside, ...texts }
    return
  }
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  for (const name of new Set([...old.keys(), ...now.keys()]))
    yield* partsThatDiffer(old.get(name), now.get(name), inside + step(name, Array.isArray(after)))
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function step(name: string, isIndex: boolean): string {
  if (isIndex) return `[${name}]`
  return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}

/** Of two long texts only the place where they differ. */
function besideEachOther({ before, after }: Difference): Pick<Difference, 'before' | 'after'> {
  if (before === undefined || after === undefined || Math.max(before.length, after.length) <= LONGEST)
    return { before: before && shortened(before), after: after && shortened(after) }
  const shortest = Math.min(before.length, after.length)
  let start = 0
  while (start < shortest && before[start] === after[start]) start++
  let end = 0
  while (end < shortest - start && before.at(-1 - end) === after.at(-1 - end)) end++
  const cut = (text: string): string => {
    const from = Math.max(start - AROUND, 0)
    const to = Math.min(text.length - end + AROUND, text.length)
    const whole = shortened(text.slice(from, to))
    return `${from > 0 ? '…' : ''}${whole}${to < text.length ? '…' : ''}`
  }
  return { before: cut(before), after: cut(after) }
}
