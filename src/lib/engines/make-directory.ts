import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasCode, unless } from './system-errors.js'

/**
 * Makes the directory and those above it, for the owner alone (S72). One that is there already keeps the mode that
 * somebody chose for it. Node's own `recursive` never returns where the system says ENOENT although the parent is
 * there, as it does under /proc.
 */
export async function makeDirectory(path: string): Promise<void> {
  const make = (): Promise<void> => mkdir(path, { mode: 0o700 })
  try {
    await make()
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error
    await makeDirectory(dirname(path))
    // Another process may have been faster.
    await unless(['EEXIST'], make())
  }
}
