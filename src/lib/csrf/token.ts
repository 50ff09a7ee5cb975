import { hash, type KeyObject, randomBytes } from 'node:crypto'
import { isSame, type Keys, macOf } from '../codecs/keys.js'
import type { Engine } from '../engines/engine.js'

const RANDOM_BYTES = 18
const TOKEN = /^([\w-]{24})\.[\w-]{43}$/

/** The random part of a new token: 144 bits, 24 characters. */
export function newRandom(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url')
}

/**
 * A token: `<random>.<HMAC-SHA-256 of binding and random>` in base64url. The length of each part is signed before it, so
 * that no two pairs of binding and random have the same MAC (S64).
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

/** The random part of a text that has the form of a token, whoever wrote it. */
export function randomOf(token: string): string | undefined {
  return TOKEN.exec(token)?.[1]
}

function sign(random: string, binding: string, key: KeyObject): string {
  return macOf(`${binding.length}:${binding}${random.length}:${random}`, key)
}

/**
 * What a token is bound to: a hash of the session cookies that the browser has, empty if it has none. It stays the same
 * when the session is written, and changes when the session gets a new id (`cycleKey`, `flush`, a log-in) or ends. It
 * reveals neither the id nor the store's key.
 *
 * The store is not asked, so this says nothing about whether there is such a session: whoever has an id may have a token
 * for it. Where a browser sends several cookies of the name, all of them count: an attacker may have planted one of them,
 * and could have got a token for that one alone (S11, S64).
 *
 * @param held the values of the session's cookies.
 */
export function bindingOf(held: readonly string[], engine: Pick<Engine, 'anchorOf'>): string {
  if (held.length === 0) return ''
  const parts = held.map((id) => {
    const anchor = engine.anchorOf?.(id)
    return anchor === undefined ? `id ${id}` : `anchor ${anchor}`
  })
  // The semicolon separates them: a cookie's value holds none.
  return hash('sha256', ['tessera binding', ...parts].join(';'), 'base64url')
}
