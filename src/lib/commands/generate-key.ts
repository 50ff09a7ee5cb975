import { randomBytes } from 'node:crypto'

/** 384 bits, as 64 characters that need no quotes in any shell or file. */
const BYTES = 48

const HINT = `
  Put it where only the server can read it: into its environment, or into config/local.json5 as SECRET_KEY: '…'.
  It is no part of the repository. To replace a key that is in use, put that one into SECRET_KEY_FALLBACKS, and take
  it out when the sessions under it are over.
`

/** Prints a new SECRET_KEY. */
export function generateKey({ plain }: { readonly plain?: true }): number {
  const key = randomBytes(BYTES).toString('base64url')
  process.stdout.write(plain ? `${key}\n` : `SECRET_KEY=${key}\n`)
  // For people: not where a pipe or a file takes what is printed.
  if (process.stdout.isTTY) process.stderr.write(HINT)
  return 0
}
