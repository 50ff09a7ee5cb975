/** The largest count that the demos take from a visitor's hands. */
export const LARGEST = 1_000_000_000

/** Whoever holds a text can write anything into it: what is no sensible count is none. */
export function countIn(text: string | undefined): number {
  const count = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : 0
  return count <= LARGEST ? count : 0
}
