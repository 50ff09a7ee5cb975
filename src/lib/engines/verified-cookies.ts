import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** How many cookies are remembered, and the longest of them, in characters. */
const REMEMBERED = 1000
const LONGEST = 2000

/**
 * What cookies hold that were verified, by their SHA-256. Of the same text again nothing need be verified, opened and
 * parsed, which takes ten times as long as its hash. Only what was verified gets in here, so a stranger can neither add
 * anything nor push anything out. Whether a cookie has expired or was revoked is for its reader to ask each time.
 */
export class VerifiedCookies<Held extends object> {
  readonly #byHash = new LRUCache<string, Held>({ max: REMEMBERED })
  /** The one that was asked about last: mostly it is the next one too. */
  #id = ''
  #hash = ''
  #held: Held | undefined

  /** What `id` holds, for whoever neither changes it nor hands it out; `undefined` if that is not known. */
  find(id: string): Held | undefined {
    if (id !== this.#id) {
      this.#id = id
      this.#hash = hash('sha256', id, 'base64url')
      this.#held = this.#byHash.get(this.#hash)
    }
    return this.#held
  }

  /** `held`: what `id`, which was verified, holds. */
  remember(id: string, held: Held): void {
    if (this.find(id) === held) return
    this.#held = held
    if (id.length <= LONGEST) this.#byHash.set(this.#hash, held)
  }
}
