import { z } from 'zod'
import { keptLine } from '../kit/kept-line.js'

const MOST_KINDS = 8
export const MOST_OF_ONE = 99

/** A name and how many. */
export type Item = readonly [name: string, quantity: number]

/** Items as somebody else may have written them: a cart that is anything else is none. */
export const itemsSchema = z
  .array(z.tuple([keptLine('A name'), z.int().min(1).max(MOST_OF_ONE)]))
  .max(MOST_KINDS)

// #region items
/** More of an item that is there already adds up. A Map, not an object: an item may be called `__proto__`. */
export function withItem(items: readonly Item[], [name, quantity]: Item): readonly Item[] {
  const cart = new Map(items)
  cart.set(name, Math.min((cart.get(name) ?? 0) + quantity, MOST_OF_ONE))
  // Only where another tab was faster: the form has been told, see problemWith.
  return [...cart].slice(0, MOST_KINDS)
}

export function withoutItem(items: readonly Item[], name: string): readonly Item[] {
  return items.filter(([other]) => other !== name)
}
// #endregion

/** Why the item has no place in the cart, by field; undefined if it has one. */
export function problemWith(
  items: readonly Item[],
  [name, quantity]: Item,
): Readonly<Record<string, string>> | undefined {
  const there = new Map(items).get(name)
  if (there === undefined) {
    if (items.length < MOST_KINDS) return undefined
    return { name: `The cart has ${MOST_KINDS} kinds of items, and no place for another. Remove one first.` }
  }
  if (there + quantity <= MOST_OF_ONE) return undefined
  return { quantity: `There are ${there} in the cart already, and it takes ${MOST_OF_ONE} of an item.` }
}
