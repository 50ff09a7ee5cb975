import { LRUCache } from 'lru-cache'
import { textOf } from './members.js'
import { type Members, membersOf } from './scanner.js'
import type { DjangoSigner } from './signing.js'

/** What a signed text holds. */
export interface SignedDict {
  /** Word for word. */
  readonly members: Members
  /** Milliseconds since 1970, whole seconds. */
  readonly signedAt: number
}

/** Verifies, unpacks and cuts a text into members. `undefined` if none of the keys signed it or it holds no JSON object. */
export function readDict(text: string, signer: DjangoSigner): SignedDict | undefined {
  const signed = signer.verify(text)
  const members = signed && membersOf(signed.text)
  return members && { members, signedAt: signed.signedAt * 1000 }
}

/** How much is remembered, in characters: the sessions of requests under way, not all that there are. */
const MOST_REMEMBERED = 4_000_000

/**
 * What was read or written lately, by its text. A request reads its session and writes it, and a store may have to look into
 * the text as well: each text is read once. Only what one of our keys has signed gets in here.
 */
export class RecentDicts {
  readonly #dicts = new LRUCache<string, SignedDict>({ maxSize: MOST_REMEMBERED, sizeCalculation: sizeOf })

  /** As `readDict`. */
  read(text: string, signer: DjangoSigner): SignedDict | undefined {
    const known = this.#dicts.get(text)
    if (known !== undefined) return known
    const dict = readDict(text, signer)
    if (dict !== undefined) this.remember(text, dict)
    return dict
  }

  /** `text`: what `dict` was signed as. */
  remember(text: string, dict: SignedDict): void {
    this.#dicts.set(text, dict)
  }
}

/** A compressed text can hold a thousand times as much as it is long. */
function sizeOf({ members }: SignedDict, text: string): number {
  return text.length + textOf(members).length
}
