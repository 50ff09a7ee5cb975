import type { ExecutionContext } from 'ava'

const SIZES = [16_384, 65_536, 262_144]
const TRIES = 3

/**
 * Microseconds of the processor's time for each 1024 characters, at most. All of it takes less than 100; what took time
 * by the square of the length would need more than a thousand for the shortest, and sixteen times as much for the longest.
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
      const since = process.cpuUsage()
      run(text)
      const { user, system } = process.cpuUsage(since)
      best = Math.min(best, user + system)
    }
    const each = best / (text.length / 1024)
    t.true(each < BOUND, `${what}, ${text.length} characters: ${each.toFixed(1)} microseconds for each 1024`)
  }
}
