import { hash } from 'node:crypto'
import type { Codec, SessionEntry } from '../../codecs/codec.js'
import type { SessionRecord } from '../../codecs/record.js'
import {
  CONFLICT,
  type Created,
  type Engine,
  type EngineTools,
  type Loaded,
  MISSING,
  type SessionIndex,
  type Updated,
} from '../engine.js'
import { CookieTooLarge, EngineUnavailable } from '../errors.js'
import { LONGEST_LIFE } from '../revocations.js'
import type { Version } from '../session-store.js'
import type { Left, OldStore } from './old-store.js'

/** The length of a cookie's anchor, which is the beginning of a hash: characters. */
const ANCHOR_LENGTH = 22

/** A session that has left the store, and is in no cookie that anybody has brought. */
export type Leaving = Extract<Left, { kind: 'leaving' }>

export interface DepartureParts {
  readonly old: OldStore
  readonly index: SessionIndex
  readonly codec: Codec
  /** `signed_cookies`. */
  readonly to: Engine
  readonly tools: EngineTools
}

/**
 * Takes one session out of a store into cookies, by a mark that holds its text. The mark is put by the version of the session,
 * so it has every update that was answered. It ends by its own version: when a cookie is brought, or by a log-out.
 */
export class Departure {
  readonly #parts: DepartureParts

  constructor(parts: DepartureParts) {
    this.#parts = parts
  }

  /** Where the session stands, also if its id was renewed, and what is there. */
  async find(id: string): Promise<{ readonly key: string; readonly left: Left }> {
    const { old, index } = this.#parts
    const key = index.keyOf(id)
    const left = await old.find(key)
    if (left.kind !== 'tombstone') return { key, left }
    const next = (await index.follow?.(key))?.key ?? key
    return { key: next, left: next === key ? left : await old.find(next) }
  }

  load(key: string, mark: Leaving): Loaded {
    const found = this.recordIn(key, mark)
    if (found === undefined || found.record.expires <= this.#parts.tools.clock()) return MISSING
    return { kind: 'found', ...found, outdated: true }
  }

  /** What the mark holds, with the version that it had in the store. */
  recordIn(key: string, { raw, text }: Leaving): Pick<SessionEntry, 'record' | 'version'> | undefined {
    const entry = this.#parts.codec.decode(text, key)
    if (entry?.kind !== 'session') return undefined
    // Renewals are of ids in the store.
    const { renewal: _, renewedAt: __, ...record } = entry.record
    return { record: { ...record, expires: raw.expires }, version: entry.version }
  }

  /** Whether a request that read `version` has seen all that the mark holds. A store may compare whole texts. */
  isAt(version: Version, key: string, mark: Leaving): boolean {
    return version === mark.text || version === this.recordIn(key, mark)?.version
  }

  /** With the first request that brings it the mark is ended. The next cookie does not name the mark any more. */
  async arrived(loaded: Loaded): Promise<Loaded> {
    const { old } = this.#parts
    const key = loaded.kind === 'found' ? loaded.record.renewal?.from : undefined
    if (loaded.kind !== 'found' || key === undefined) return loaded
    const left = await old.find(key)
    if (left.kind === 'leaving') await old.markMoved(key, left, loaded.record.expires)
    const { renewal: _, ...record } = loaded.record
    return { ...loaded, record, outdated: true }
  }

  /**
   * A cookie for the session. A revocation evicts first what is in the store, and then ends the cookies that were made until
   * then. One that is made after that is not given out: nothing stands at the key any more.
   */
  async issue(key: string, record: SessionRecord): Promise<Updated> {
    const created = await this.#intoCookie(key, record)
    if ((await this.#parts.old.find(key)).kind === 'nothing') return CONFLICT
    return { ...created, kind: 'updated' }
  }

  async fits(key: string, record: SessionRecord): Promise<boolean> {
    try {
      await this.#intoCookie(key, record)
      return true
    } catch (error) {
      if (!(error instanceof CookieTooLarge)) throw error
      this.#parts.tools.logger.warn(
        {},
        'a session is too large for a cookie, and stays in the store of MOVE_FROM',
      )
      return false
    }
  }

  /** Ends the mark, and with its anchor all cookies that were made of it. False: somebody else has ended it. */
  async end(key: string, mark: Leaving): Promise<boolean> {
    const { old, to, tools } = this.#parts
    const found = this.recordIn(key, mark)
    if (!(await old.markMoved(key, mark, mark.raw.expires))) return false
    // Some of them may last longer than the session did in the store.
    const longest = tools.clock() + LONGEST_LIFE
    if (found !== undefined)
      await to.delete((await this.#intoCookie(key, { ...found.record, expires: longest })).id)
    return true
  }

  async #intoCookie(key: string, record: SessionRecord): Promise<Extract<Created, { kind: 'created' }>> {
    const renewal = { since: this.#parts.tools.clock(), from: key }
    const created = await this.#parts.to.create(anchorOf(key), { ...record, renewal })
    if (created.kind === 'taken') throw new EngineUnavailable('the cookie was taken')
    return created
  }
}

/**
 * What all cookies that are made of one mark have in common, whatever keys a process has. Nobody can guess it who does not
 * know the id, or reads the store.
 */
function anchorOf(key: string): string {
  return hash('sha256', `anchor of ${key}`, 'base64url').slice(0, ANCHOR_LENGTH)
}
