import type { ExecutionContext } from 'ava'

const SIZES = [16_384, 65_536, 262_144]
const TRIES = 3

/**
 * Microseconds for each 1024 characters, at most. On an idle machine all of it takes less than 20; what took time by
 * the square of the length would need a thousand times as long for the longest.
 */
const BOUND = 1000

/**
 * R31 `run` takes time in proportion to the length of its input, for inputs made to be as bad as can be. `input` makes
 * one of about so many characters.
 */
export function takesLinearTime(
  t: ExecutionContext,
  what: string,
  input: (length: number) => string,
  run: (input: string) => unknown,
): void {
  for (const size of SIZES) {
    const text = input(size)
    let best = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const since = performance.now()
      run(text)
      best = Math.min(best, performance.now() - since)
    }
    const each = (best * 1000) / (text.length / 1024)
    t.true(each < BOUND, `${what}, ${text.length} characters: ${each.toFixed(1)} microseconds for each 1024`)
  }
}
