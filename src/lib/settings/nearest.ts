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
