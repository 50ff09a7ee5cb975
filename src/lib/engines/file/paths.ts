import { join } from 'node:path'

/** The directory of one application's sessions. */
export function directoryOf({ filePath, keyPrefix }: { filePath: string; keyPrefix: string }): string {
  return join(filePath, keyPrefix)
}

/** The file of what the store knows as `key`, which begins with `prefix`: `<its first two characters>/<it>.json`. */
export function fileOf(directory: string, prefix: string, key: string): string {
  const name = key.slice(prefix.length)
  return join(directory, name.slice(0, 2), `${name}.json`)
}
