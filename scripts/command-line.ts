import { InvalidArgumentError } from 'commander'
import { tell } from '../src/lib/commands/terminal.js'

export { tell }

const cleanups: (() => unknown)[] = []

/** Remembers what has to be stopped or removed when the measurement is over, whatever came of it. */
export function atEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup)
}

/** Does all that, the last one first. */
export async function cleanUp(): Promise<void> {
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) await cleanup()
}

/** Runs a command to its end; what it throws is one message on the error output, and exit code 1. */
export async function run(command: () => Promise<void>): Promise<void> {
  try {
    await command().finally(cleanUp)
  } catch (error) {
    tell()
    console.error(`\n  ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}

/** Reads the value of an option: 1, 2, 3 and so on. */
export function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1')
  return number
}

/** Reads the value of an option: more than 0. */
export function positive(text: string): number {
  const number = Number(text)
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('a number above 0')
  return number
}

/** Reads the value of an option: more than 0, and 1 at the most. */
export function share(text: string): number {
  const number = positive(text)
  if (number > 1) throw new InvalidArgumentError('a number above 0 and at most 1')
  return number
}

/** Reads the value of an option: several of them, with commas between. */
export function wholeNumbers(text: string): readonly number[] {
  return text.split(',').map(wholeNumber)
}
