import type { SessionRecord, SessionUser } from '../codecs/record.js'
import { EngineMisconfigured, EngineUnavailable } from '../engines/errors.js'
import type { IndexedMove } from '../users/user-session-index.js'
import type { SessionContext } from './context.js'

/** A fair id collides once in 2^165; a generator that collides this often is broken. */
const ID_ATTEMPTS = 8

type Taken = { readonly kind: 'taken' }

/** What is to be stored under a new id. */
export interface Arrival {
  readonly record: Pick<SessionRecord, 'user' | 'expires'>
  /** The id that the session has so far. */
  readonly id?: string
  /** Whose it is in the store so far. */
  readonly before?: SessionUser | undefined
}

/**
 * Gives a session a new id: draws one, announces its key in the user's list where somebody is logged in (S31), and calls
 * `store` with it; again while the id is taken (S06).
 *
 * @throws SessionInterrupted if the log-in was revoked meanwhile; nothing was stored then.
 * @throws TooManySessions if it is a new log-in, and one too many.
 */
export class NewId {
  readonly #context: SessionContext
  readonly #from: string | undefined
  readonly #move: IndexedMove | undefined

  constructor(context: SessionContext, { record: { user, expires }, id, before }: Arrival) {
    this.#context = context
    this.#from = id
    this.#move = user && context.userIndex?.move({ user, before, id, expires })
  }

  async store<Outcome extends { readonly kind: string }>(
    store: (id: string) => Promise<Outcome | Taken>,
  ): Promise<Exclude<Outcome, Taken>> {
    for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
      const id = this.#draw()
      await this.#move?.announce(id)
      const outcome = await store(id)
      if (outcome.kind !== 'taken') return outcome as Exclude<Outcome, Taken>
    }
    throw new EngineUnavailable(
      `every one of ${ID_ATTEMPTS} new session ids was taken: the id generator is broken`,
    )
  }

  /** To be called when the session is stored. @throws SessionInterrupted if it is not expected any more. */
  async arrived(): Promise<void> {
    await this.#move?.arrived()
  }

  /** To be called with what was thrown on the way. */
  async failed(error: unknown): Promise<void> {
    await this.#move?.failed(error)
  }

  #draw(): string {
    const { engine, generateId } = this.#context
    const drawn = generateId()
    if (engine.capabilities.revocable && engine.isId?.(drawn) === false)
      throw new EngineMisconfigured(
        `generateId() made an id that the engine ${engine.name} does not take: 32 characters of a-z0-9 are right`,
      )
    return this.#from === undefined ? drawn : (engine.successorOf?.(this.#from, drawn) ?? drawn)
  }
}
