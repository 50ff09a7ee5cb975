import type { SessionRecord } from '../codecs/record.js'
import { backoff, MAX_ATTEMPTS } from '../engines/concurrency.js'
import type { Updated } from '../engines/engine.js'
import type { Version } from '../engines/session-store.js'
import type { Pending } from './changes.js'
import type { SessionContext } from './context.js'
import { SessionContended } from './errors.js'
import { type ExpiryRules, withoutFuture } from './expiry.js'
import { NewId } from './new-id.js'
import { recordOf } from './record.js'
import { liveIn, type SessionState, toMap } from './state.js'

/** How a session is written: where it is, or under a new id. */
export type Way =
  | { readonly verb: 'update' }
  /** `grace`: it is a renewal, and the old id works for so many milliseconds more. */
  | { readonly verb: 'rotate'; readonly grace?: number | undefined }

/**
 * Stores what the session holds. `merge`: what to do again to a newer version; without it the record is written whatever
 * others wrote, and begins another session. `missing`: the session ended or moved meanwhile, and nothing was written.
 *
 * @throws SessionContended if others were faster every time.
 */
export function write(
  way: Way,
  state: SessionState,
  merge: Pending | undefined,
  context: SessionContext,
  now: number,
): Promise<'stored' | 'missing'> {
  const write = new Write(way, state, merge, context, now)
  return way.verb === 'rotate' ? write.rotate() : write.update()
}

interface Attempt {
  readonly result: Updated
  readonly record: SessionRecord
  /** The session was found under an id that another request has renewed. */
  readonly renewed: boolean | undefined
}

/** One session that is being written: all that stays the same from one attempt to the next. */
class Write {
  readonly #way: Way
  readonly #state: SessionState
  readonly #merge: Pending | undefined
  readonly #context: SessionContext
  readonly #now: number
  readonly #id: string
  readonly #record: SessionRecord
  #newId: NewId | undefined

  constructor(
    way: Way,
    state: SessionState,
    merge: Pending | undefined,
    context: SessionContext,
    now: number,
  ) {
    this.#way = way
    this.#state = state
    this.#merge = merge
    this.#context = context
    this.#now = now
    this.#id = liveIn(state).id
    const keepsItsData = way.verb === 'rotate' && merge !== undefined
    this.#record = recordOf(state, now, context.rules, keepsItsData ? now : state.renewedAt)
  }

  update(): Promise<'stored' | 'missing'> {
    const { user, expires } = this.#record
    const extending = user && this.#context.userIndex?.extend(user, this.#id, expires)
    return extending === undefined ? this.#store() : extending.then(() => this.#store())
  }

  async rotate(): Promise<'stored' | 'missing'> {
    const newId = new NewId(this.#context, {
      id: this.#id,
      before: this.#state.saved?.user,
      record: this.#record,
    })
    this.#newId = newId
    try {
      const stored = await this.#store()
      if (stored === 'stored') await newId.arrived()
      return stored
    } catch (error) {
      await newId.failed(error)
      throw error
    }
  }

  async #store(): Promise<'stored' | 'missing'> {
    const { version, renewed } = liveIn(this.#state)
    let attempt: Attempt = {
      result: await this.#put(this.#way, this.#record, version),
      record: this.#record,
      renewed,
    }
    if (attempt.result.kind === 'conflict') {
      attempt = await this.#context.mutex.runExclusive(this.#id, () => this.#writeAgain())
    }
    const { result, record } = attempt
    if (result.kind === 'conflict') throw new SessionContended()
    if (result.kind === 'missing') return 'missing'
    if (record !== this.#record) this.#state.adopt(record)
    this.#state.stored(record)
    const isBorrowed = attempt.renewed && result.id === this.#id
    this.#state.origin = {
      kind: 'live',
      id: result.id,
      version: result.version,
      ...(isBorrowed && { renewed: true }),
    }
    return 'stored'
  }

  /** On a conflict: the newest record, this request's changes on top, and another try (no lost updates). */
  async #writeAgain(): Promise<Attempt> {
    const { engine } = this.#context
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await backoff(attempt)
      const newest = await engine.load(this.#id)
      if (newest.kind !== 'found')
        return { result: { kind: 'missing' }, record: this.#record, renewed: undefined }
      const { renewed } = newest
      const theirs = withoutFuture(newest.record, this.#now, this.#context.rules)
      // Another request has renewed the id meanwhile. That is done; what is left to do is this request's own write.
      const isRenewed = renewed && this.#way.verb === 'rotate' && this.#way.grace !== undefined
      const way: Way = isRenewed ? { verb: 'update' } : this.#way
      const { renewedAt } = way.verb === 'rotate' ? this.#record : theirs
      const record = this.#mergedInto(theirs, renewedAt)
      const result = await this.#put(way, record, newest.version)
      if (result.kind !== 'conflict') return { result, record, renewed }
    }
    return { result: { kind: 'conflict' }, record: this.#record, renewed: undefined }
  }

  #put(way: Way, record: SessionRecord, version: Version): Promise<Updated> {
    const { engine } = this.#context
    const id = this.#id
    if (way.verb === 'update' || this.#newId === undefined) return engine.update(id, record, version)
    const { grace } = way
    return this.#newId.store((to) => engine.rotate({ id, to, record, version, grace }))
  }

  #mergedInto(newest: SessionRecord, renewedAt: number | undefined): SessionRecord {
    if (this.#merge === undefined) return this.#record
    const merged = { ...this.#record, renewedAt }
    return merge(newest, merged, this.#merge, this.#now, this.#context.rules)
  }
}

/** `newest` with this request's changes on top; `record` has what it set besides data. */
function merge(
  newest: SessionRecord,
  { expiry: ownExpiry, user: ownUser, renewedAt }: SessionRecord,
  { changes, expiryChanged, logIn }: Pending,
  now: number,
  rules: ExpiryRules,
): SessionRecord {
  const data = changes.applyTo(toMap(newest.data))
  const expiry = expiryChanged ? ownExpiry : newest.expiry
  const user = logIn ? ownUser : newest.user
  return recordOf({ data, createdAt: newest.createdAt, expiry, user, renewedAt }, now, rules)
}
