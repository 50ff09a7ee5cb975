import type { SessionRecord, WrittenKeys } from '../codecs/record.js'
import { attempts } from '../engines/concurrency.js'
import { CONFLICT, type Updated } from '../engines/engine.js'
import type { Version } from '../engines/session-store.js'
import type { Pending } from './changes.js'
import type { SessionContext } from './context.js'
import { SessionContended } from './errors.js'
import { type ExpiryRules, withoutFuture } from './expiry.js'
import { NewId } from './new-id.js'
import { recordOf } from './record.js'
import { factsOfKept, factsOfRenewed, type IdFacts } from './renewal.js'
import { type LiveOrigin, liveIn, type SessionState, toMap } from './state.js'

/** How a session is written: under its id, under a new id that a handler asked for, or under one by `RENEW_AFTER`. */
export type WriteKind = 'update' | 'rotate' | 'renew'

/**
 * Stores what the session holds. `merge`: what to do again to a newer version; without it the record is written whatever
 * others wrote, and begins another session. `missing`: the session ended or moved meanwhile, and nothing was written.
 *
 * @throws SessionContended if others were faster every time.
 */
export function write(
  kind: WriteKind,
  state: SessionState,
  merge: Pending | undefined,
  context: SessionContext,
  now: number,
): Promise<'stored' | 'missing'> {
  const write = new Write(kind, state, merge, context, now)
  return kind === 'update' ? write.update() : write.rotate()
}

/** Of a session that begins in the place of another nothing is what it was. */
const EVERY_KEY: WrittenKeys = { has: () => true }

interface Attempt {
  readonly result: Updated
  readonly record: SessionRecord
  /** How many renewals ago the session had the id under which it was found; `undefined`: it is its present id. */
  readonly renewed: LiveOrigin['renewed']
}

/** One session that is being written: all that stays the same from one attempt to the next. */
class Write {
  readonly #kind: WriteKind
  readonly #state: SessionState
  readonly #merge: Pending | undefined
  readonly #context: SessionContext
  readonly #now: number
  readonly #id: string
  readonly #record: SessionRecord
  #newId: NewId | undefined

  constructor(
    kind: WriteKind,
    state: SessionState,
    merge: Pending | undefined,
    context: SessionContext,
    now: number,
  ) {
    this.#kind = kind
    this.#state = state
    this.#merge = merge
    this.#context = context
    this.#now = now
    const { id, renewed } = liveIn(state)
    this.#id = id
    const record = recordOf(state, now, context.rules)
    const { renewedAt, renewal } = this.#factsFor(kind, record, renewed)
    this.#record = { ...record, renewedAt, renewal }
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
      result: await this.#put(this.#kind, this.#record, version),
      record: this.#record,
      renewed,
    }
    if (attempt.result.kind === 'conflict') {
      attempt = await this.#context.mutex.runExclusive(this.#id, () => this.#writeAgain())
    }
    const { result, record, renewed: renewals } = attempt
    if (result.kind === 'conflict') throw new SessionContended()
    if (result.kind === 'missing') return 'missing'
    if (record !== this.#record) this.#state.adopt(record)
    this.#state.stored(record)
    // The request still holds an old id, unless this write has given it a new one.
    const isOldId = renewals !== undefined && result.id === this.#id
    this.#state.origin = {
      kind: 'live',
      id: result.id,
      version: result.version,
      ...(isOldId && { renewed: renewals }),
    }
    return 'stored'
  }

  /** On a conflict: the newest record, this request's changes on top, and another try (no lost updates). */
  async #writeAgain(): Promise<Attempt> {
    const { engine } = this.#context
    for await (const _ of attempts()) {
      const newest = await engine.load(this.#id)
      if (newest.kind !== 'found')
        return { result: { kind: 'missing' }, record: this.#record, renewed: undefined }
      const { renewed } = newest
      const theirs = withoutFuture(newest.record, this.#now, this.#context.rules)
      // Another request has renewed the id meanwhile. That is done; what is left to do is this request's own write.
      const kind = renewed !== undefined && this.#kind === 'renew' ? 'update' : this.#kind
      const record = this.#mergedInto(theirs, this.#factsFor(kind, theirs, renewed))
      const result = await this.#put(kind, record, newest.version)
      if (result.kind !== 'conflict') return { result, record, renewed }
    }
    return { result: CONFLICT, record: this.#record, renewed: undefined }
  }

  #put(kind: WriteKind, record: SessionRecord, version: Version): Promise<Updated> {
    const { engine } = this.#context
    const id = this.#id
    const written = this.#merge?.changes ?? EVERY_KEY
    if (kind === 'update' || this.#newId === undefined) return engine.update(id, record, version, written)
    const isRenewal = kind === 'renew'
    return this.#newId.store((to) => engine.rotate({ id, to, record, version, isRenewal, written }))
  }

  /** What the record says of its id. */
  #factsFor(kind: WriteKind, record: SessionRecord, renewed: LiveOrigin['renewed']): IdFacts {
    if (kind === 'update' && record.renewal === undefined) return record
    if (kind === 'update') return factsOfKept(record, renewed, this.#context, this.#now)
    if (kind === 'renew') return factsOfRenewed(record, renewed, this.#now)
    return { renewedAt: this.#merge === undefined ? undefined : this.#now, renewal: undefined }
  }

  #mergedInto(newest: SessionRecord, facts: IdFacts): SessionRecord {
    if (this.#merge === undefined) return this.#record
    const { renewedAt, renewal } = facts
    const merged = merge(newest, this.#record, this.#merge, this.#now, this.#context.rules)
    return { ...merged, renewedAt, renewal }
  }
}

/** `newest` with this request's changes on top; `record` has what it set besides data. */
function merge(
  newest: SessionRecord,
  { expiry: ownExpiry, user: ownUser }: SessionRecord,
  { changes, expiryChanged, logIn }: Pending,
  now: number,
  rules: ExpiryRules,
): SessionRecord {
  const data = changes.applyTo(toMap(newest.data))
  const expiry = expiryChanged ? ownExpiry : newest.expiry
  const user = logIn ? ownUser : newest.user
  const { createdAt, renewedAt, renewal } = newest
  // What others wrote and this request leaves alone goes along as it is.
  const isJson = (key: string): boolean => !changes.has(key)
  return recordOf({ data, createdAt, expiry, user, renewedAt, renewal, isJson }, now, rules)
}
