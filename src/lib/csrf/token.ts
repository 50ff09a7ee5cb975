import { randomBytes } from 'node:crypto'
import { isSame, type Keys, macOf } from '../codecs/keys.js'

const RANDOM_BYTES = 18
const WRITTEN = /^([\w-]{24})\.[\w-]{43}$/

/** What is new in a new token: 144 bits, 24 characters. */
export function newRandom(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url')
}

/**
 * A token: `<random>.<HMAC-SHA-256 of binding and random>` in base64url. Each part is signed with its length before it,
 * so that no two pairs are signed alike (S64).
 */
export function writeToken(random: string, binding: string, [key]: Keys): string {
  return `${random}.${sign(random, binding, key)}`
}

/** The random part of a token, if one of the keys signed it for this binding. Never throws, whatever the text is. */
export function verifiedRandom(token: string, binding: string, keys: Keys): string | undefined {
  const random = randomOf(token)
  if (random === undefined) return undefined
  const mac = token.slice(random.length + 1)
  return keys.some((key) => isSame(mac, sign(random, binding, key))) ? random : undefined
}

/** The random part of a text that is written like a token, whoever wrote it. */
export function randomOf(token: string): string | undefined {
  return WRITTEN.exec(token)?.[1]
}

function sign(random: string, binding: string, key: Buffer): string {
  return macOf(`${binding.length}:${binding}${random.length}:${random}`, key)
}
