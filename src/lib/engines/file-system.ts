import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Whether the operating system refused with one of these codes, such as `ENOENT`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  )
}

/** Waits for `work`, and ignores an error with one of these codes. */
export async function ignoring(codes: readonly string[], work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!hasCode(error, ...codes)) throw error
  }
}

/**
 * Makes the directory and its parents, for the owner alone (S72). A directory that exists keeps its mode. Node's own
 * `recursive` never returns where the system says ENOENT although the parent exists, as it does under /proc.
 */
export async function makeDirectory(path: string): Promise<void> {
  const make = (): Promise<void> => mkdir(path, { mode: 0o700 })
  try {
    await make()
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error
    await makeDirectory(dirname(path))
    // Another process may have made it in the meantime.
    await ignoring(['EEXIST'], make())
  }
}
