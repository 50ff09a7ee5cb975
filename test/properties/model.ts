import assert from 'node:assert/strict'
import { type Action, increment, isCounter, momentOf } from './actions.js'

/** What `setExpiry` was given: seconds, or a moment in milliseconds since 1970. */
type Expiry = undefined | { readonly seconds: number } | { readonly moment: number }

/** A session as it is stored. */
export interface Saved {
  readonly data: ReadonlyMap<string, unknown>
  readonly createdAt: number
  readonly expiry: Expiry
  readonly expires: number
}

type Held = { readonly saved: Saved } | { readonly supersededUntil: number } | 'ended'
type Found = Saved | 'superseded' | undefined

/** How long an id that was rotated away is known for one: milliseconds. */
const MARK = 60_000

/** A cookie shorter than this is forgotten at once. */
const SHORTEST_ID = 8

export interface Rules {
  /** Seconds. */
  readonly cookieAge: number
  readonly saveEveryRequest: boolean
  /** The cookie holds the session: each write makes another id, and earlier ones stay good until their end. */
  readonly inCookie: boolean
}

/** What the documentation says sessions do, in as few words as it takes: no versions, no store, no concurrency. */
export class World {
  readonly rules: Rules
  now: number
  /** Every id that was ever given out. */
  readonly held = new Map<string, Held>()

  constructor(rules: Rules, now: number) {
    this.rules = rules
    this.now = now
  }

  find(id: string): Found {
    const held = this.held.get(id)
    if (held === undefined || held === 'ended') return undefined
    if ('supersededUntil' in held) return held.supersededUntil > this.now ? 'superseded' : undefined
    return held.saved.expires > this.now ? held.saved : undefined
  }

  /** The end of a session with this expiry that is saved now. */
  endOf(expiry: Expiry): number {
    if (expiry !== undefined && 'moment' in expiry) return expiry.moment
    return this.now + Math.ceil((expiry?.seconds || this.rules.cookieAge) * 1000)
  }

  /** What the cookie says of its life: seconds, or nothing where it goes with the browser. */
  maxAgeOf(expiry: Expiry): number | undefined {
    if (expiry === undefined) return this.rules.cookieAge
    if ('moment' in expiry) return Math.floor((expiry.moment - this.now) / 1000)
    return expiry.seconds === 0 ? undefined : Math.trunc(expiry.seconds)
  }
}

export interface SentCookie {
  readonly id: string
  readonly maxAge: number | undefined
}
export type Told = 'nothing' | 'removal' | SentCookie

export class Interrupted extends Error {}

interface View {
  data: Map<string, unknown>
  expiry: Expiry
  createdAt: number
}

/** One request's dealings with its session, from the moment at which it was opened. */
export class Request {
  /** The id that the real thing has after the next commit. A new one cannot be foretold, only that it is new. */
  next: string | undefined
  readonly #world: World
  readonly #sent: string | undefined
  #origin: 'new' | 'unknown' | 'superseded' | { readonly id: string }
  #view: View
  #done: ((data: Map<string, unknown>) => void)[] = []
  #modified = false
  #expiryChanged = false
  #rotate = false
  #end = false

  constructor(world: World, id: string | undefined) {
    const found = id === undefined ? undefined : world.find(id)
    this.#world = world
    this.#sent = id
    this.#view = { data: new Map(), expiry: undefined, createdAt: world.now }
    if (id === undefined) this.#origin = 'new'
    else if (found === undefined) this.#origin = 'unknown'
    else if (found === 'superseded') this.#origin = 'superseded'
    else {
      this.#origin = { id }
      this.#view = { ...found, data: new Map(found.data) }
    }
  }

  get id(): string | undefined {
    return typeof this.#origin === 'object' && !this.#end ? this.#origin.id : undefined
  }

  act(action: Exclude<Action, { do: 'save' }>): void {
    const { data } = this.#view
    switch (action.do) {
      case 'set':
        this.#change((newest) => newest.set(action.key, action.value))
        return
      case 'delete':
        if (data.has(action.key)) this.#change((newest) => newest.delete(action.key))
        return
      case 'transform':
        this.#change((newest) => newest.set(action.key, increment(newest.get(action.key))))
        return
      case 'change in place': {
        const seen = data.get(action.key)
        if (isCounter(seen)) this.#change((newest) => newest.set(action.key, { n: seen.n + 1 }))
        return
      }
      case 'clear':
        this.#change((newest) => newest.clear())
        this.#setExpiry(undefined)
        return
      case 'cycleKey':
        this.#modified = this.#rotate = true
        return
      case 'flush':
        this.act({ do: 'clear' })
        this.#view.createdAt = this.#world.now
        this.#end = true
        this.#rotate = false
        return
      case 'setExpiry': {
        const to = momentOf(action.to, this.#world.now)
        if (to === null && this.#view.expiry === undefined) return
        this.#modified = true
        if (to === null) this.#setExpiry(undefined)
        else this.#setExpiry(typeof to === 'number' ? { seconds: to } : { moment: to.getTime() })
      }
    }
  }

  /** Of a request whose handler did not ask for its session there is something to commit only seldom. */
  isCommittedUnasked(failed: boolean): boolean {
    if (this.#sent === undefined) return false
    if (this.#sent.length < SHORTEST_ID) return true
    return !failed && this.#world.rules.saveEveryRequest && typeof this.#origin === 'object'
  }

  /** @throws Interrupted */
  commit({ failed = false, explicit = false }): Told {
    const told = this.#carryOut(failed, explicit)
    this.#done = []
    this.#modified = this.#expiryChanged = this.#rotate = this.#end = false
    return told
  }

  #carryOut(failed: boolean, explicit: boolean): Told {
    const { expiry, data } = this.#view
    const isOver = this.#world.endOf(expiry) <= this.#world.now
    const isEmpty = data.size === 0 && expiry === undefined
    const write = this.#modified || this.#rotate || explicit
    const begins =
      !failed && !isOver && (this.#rotate || (this.#modified && !isEmpty) || (explicit && !this.#end))

    if (this.#origin === 'new') return begins ? this.#create() : 'nothing'
    if (this.#origin === 'unknown') return begins ? this.#create() : 'removal'
    if (this.#origin === 'superseded') {
      if (write && !failed) throw new Interrupted()
      return 'nothing'
    }
    const { id } = this.#origin
    if (this.#end) return begins ? this.#replace(id, this.#view) : this.#delete(id, failed)
    if (failed) return 'nothing'
    if (!write) return this.#world.rules.saveEveryRequest ? this.#touch(id) : 'nothing'
    return isOver ? this.#delete(id, failed) : this.#update(id)
  }

  #create(): Told {
    return this.#send(this.#fresh(), this.#view)
  }

  /** Not a version but the changes themselves are saved: keys that this request left alone stay as others wrote them. */
  #update(id: string): Told {
    const newest = this.#world.find(id)
    if (newest === undefined || newest === 'superseded') throw new Interrupted()
    if (this.#world.rules.inCookie) return this.#send(this.#fresh(), this.#view)
    const data = new Map(newest.data)
    for (const change of this.#done) change(data)
    const expiry = this.#expiryChanged ? this.#view.expiry : newest.expiry
    const view = { data, expiry, createdAt: newest.createdAt }
    return this.#rotate ? this.#replace(id, view) : this.#send(id, view)
  }

  #replace(id: string, view: View): Told {
    const { held, rules, now } = this.#world
    const there = this.#world.find(id)
    if (there === undefined || there === 'superseded') throw new Interrupted()
    if (!rules.inCookie) held.set(id, { supersededUntil: now + MARK })
    return this.#send(this.#fresh(), view)
  }

  #touch(id: string): Told {
    const there = this.#world.find(id)
    if (there === undefined || there === 'superseded') return 'nothing'
    const { expiry } = this.#view
    const carrier = this.#world.rules.inCookie ? this.#fresh() : id
    this.#world.held.set(carrier, { saved: { ...there, expires: this.#world.endOf(expiry) } })
    this.#origin = { id: carrier }
    return { id: carrier, maxAge: this.#world.maxAgeOf(expiry) }
  }

  #delete(id: string, failed: boolean): Told {
    const there = this.#world.find(id)
    if (there === 'superseded' && !failed) throw new Interrupted()
    this.#origin = 'unknown'
    if (there === undefined || there === 'superseded') return 'nothing'
    if (!this.#world.rules.inCookie) this.#world.held.set(id, 'ended')
    return 'removal'
  }

  #send(id: string, view: View): Told {
    const expires = this.#world.endOf(view.expiry)
    this.#view = view
    this.#origin = { id }
    this.#world.held.set(id, { saved: { ...view, data: new Map(view.data), expires } })
    return { id, maxAge: this.#world.maxAgeOf(view.expiry) }
  }

  #fresh(): string {
    assert.ok(this.next !== undefined, 'a new id must have been made')
    assert.ok(!this.#world.held.has(this.next), 'the id must be a new one')
    return this.next
  }

  #change(change: (data: Map<string, unknown>) => void): void {
    this.#modified = true
    this.#done.push(change)
    change(this.#view.data)
  }

  #setExpiry(expiry: Expiry): void {
    this.#view.expiry = expiry
    this.#expiryChanged = true
  }
}
