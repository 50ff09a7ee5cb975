import { LRUCache } from 'lru-cache'
import { ownText } from './own-text.js'

/** How many cookies are remembered, and the longest of them, in characters. */
const REMEMBERED = 1000
const LONGEST = 2000

/** How many characters at the end of a cookie it is found by: its MAC, or its tag and some of what is sealed. */
const MAC_LENGTH = 43

interface Verified<Held> {
  readonly id: string
  readonly held: Held
}

/**
 * What cookies hold that were verified, by the MAC at their end. Of the same text again nothing need be verified, opened and
 * parsed, which takes many times as long. Only what was verified gets in here, so a stranger can neither add anything nor
 * push anything out. A cookie is found only by its whole text. That need not be compared in constant time, since whoever
 * knows the MAC that leads to it has the cookie. Whether it has expired or was revoked is for its reader to ask each time.
 */
export class VerifiedCookies<Held extends object> {
  readonly #byMac = new LRUCache<string, Verified<Held>>({ max: REMEMBERED })
  /** The one that was asked about last: mostly it is the next one too. */
  #id = ''
  #held: Held | undefined

  /** What `id` holds, for whoever neither changes it nor hands it out; `undefined` if that is not known. */
  find(id: string): Held | undefined {
    if (id !== this.#id) {
      const known = this.#byMac.get(id.slice(-MAC_LENGTH))
      this.#id = id
      this.#held = known?.id === id ? known.held : undefined
    }
    return this.#held
  }

  /** `held`: what `id`, which was verified, holds. */
  remember(id: string, held: Held): void {
    this.#id = id
    this.#held = held
    if (id.length > LONGEST) return
    const own = ownText(id)
    this.#byMac.set(own.slice(-MAC_LENGTH), { id: own, held })
  }
}
