import type { SessionRecord } from '../../src/lib/codecs/record.js'
import { createIn } from '../../src/lib/conformance/drawing.js'
import type { Engine } from '../../src/lib/engines/engine.js'

/** Creates on the way at the same time: as many as the engines put into one statement. */
const AT_ONCE = 256

const HOUR = 3_600_000
/** How long the two kinds of sessions live. */
export const SHORT = HOUR
export const LONG = 14 * 24 * HOUR

/** A session as a shop would have it, 220 bytes at rest. */
export function sample(number: number, now: number, life: number): SessionRecord {
  const data = {
    _auth_user_id: String(number),
    _auth_user_hash: number.toString(36).padStart(32, 'h'),
    cart: [{ article: number % 9973, count: 1 + (number % 3) }],
    visits: number % 100,
  }
  return { data, createdAt: now, expires: now + life }
}

/** The session of somebody who has written once to a server of the benchmark (`scripts/bench/servers/work.js`). */
export const shopper = shopperWith('a gift')

/** The same with another note in the cart, which makes it as large as one likes. */
export function shopperWith(note: string): (number: number, now: number, life: number) => SessionRecord {
  const items = [
    { article: 'tea', count: 1, price: 450 },
    { article: 'cup', count: 2, price: 1200 },
  ]
  const data = { counter: 1, name: 'visitor 1', cart: { items, note } }
  return (_number, now, life) => ({ data, createdAt: now, expires: now + life })
}

/**
 * Creates `count` sessions through the engine, every second one of them short-lived, and answers the ids of the others.
 */
export async function fill(engine: Engine, count: number, now: number, make = sample): Promise<string[]> {
  const living: string[] = []
  for (let from = 0; from < count; from += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => from + index)
    const isLong = (number: number): boolean => number % 2 === 1
    const ids = await Promise.all(
      numbers.map((number) => createIn(engine, make(number, now, isLong(number) ? LONG : SHORT))),
    )
    living.push(...ids.filter((_, index) => isLong(from + index)))
  }
  return living
}
