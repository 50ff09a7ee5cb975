import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Names and contents of all files under a directory, byte by byte as characters. */
export async function allBytesUnder(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  const contents = await Promise.all(paths.map((path) => readFile(path, 'latin1')))
  return [...paths, ...contents].join('\n')
}

/** What was stolen, as it is and with everything in it decoded that looks like base64 or hex, wherever it begins. */
export function decoded(stolen: string): string {
  const texts = [stolen]
  for (const [run] of stolen.matchAll(/[A-Za-z0-9+/_=-]{16,}/g)) {
    for (let skip = 0; skip < 4; skip++) texts.push(Buffer.from(run.slice(skip), 'base64').toString('latin1'))
  }
  for (const [run] of stolen.matchAll(/[0-9A-Fa-f]{16,}/g)) {
    for (let skip = 0; skip < 2; skip++) texts.push(Buffer.from(run.slice(skip), 'hex').toString('latin1'))
  }
  return texts.join('\n')
}

/** Everything in it that one could try as a cookie: words, the words in them, and each part of a hash of an id's length. */
export function cookiesToTry(stolen: string): readonly string[] {
  const tries = new Set<string>()
  for (const [word] of stolen.matchAll(/[!-~]{8,}/g)) {
    // No browser, and no thief, can send these in a cookie.
    const sent = word.replace(/[";,\\]/g, '')
    if (sent.length <= 4096) tries.add(sent)
    for (const [part] of word.matchAll(/[\w.-]{8,4096}/g)) tries.add(part)
  }
  for (const [hash] of stolen.matchAll(/[0-9a-f]{64}/g)) {
    for (let at = 0; at <= 32; at++) tries.add(hash.slice(at, at + 32))
    tries.add(Buffer.from(hash, 'hex').toString('base64'))
    tries.add(Buffer.from(hash, 'hex').toString('base64url'))
  }
  return [...tries]
}
