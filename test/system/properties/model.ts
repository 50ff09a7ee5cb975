import assert from 'node:assert/strict'
import { type Action, increment, isCounter, momentOf } from './actions.js'

/** What `setExpiry` was given: seconds, or a moment in milliseconds since 1970. */
type Expiry = undefined | { readonly seconds: number } | { readonly moment: number }

export interface User {
  readonly id: string
  /** Which of all log-ins it is; to prove again who one is makes no other. */
  readonly logIn: number
  readonly authenticatedAt: number
}

/** What a session's end depends on. */
interface Life {
  readonly createdAt: number
  readonly expiry: Expiry
  readonly user: User | undefined
}

/** A session as it is stored. */
export interface Saved extends Life {
  readonly data: ReadonlyMap<string, unknown>
  readonly savedAt: number
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
  /** Seconds; absent: off. */
  readonly idleTimeout?: number
  readonly absoluteTimeout?: number
  /** A share of the idle timeout, which a use has to gain. */
  readonly touchAfter?: number
  /** The cookie holds the session: each write makes another id, and earlier ones stay good until their end. */
  readonly inCookie: boolean
}

/** What the documentation says sessions do, in as few words as it takes: no versions, no store, no concurrency. */
export class World {
  readonly rules: Rules
  now: number
  /** Every id that was ever given out. */
  readonly held = new Map<string, Held>()
  /** Whose session each id was given to. */
  readonly #owners = new Map<string, string>()
  /** Ids that are over, where a revocation has looked all the same: what it leaves there for a minute is its own business. */
  readonly lookedAt = new Set<string>()
  /** Log-ins that were logged out or revoked, or gave way to another; one that has only expired is none of them. */
  readonly endedLogIns = new Set<number>()
  #logIns = 0

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

  save(id: string, saved: Saved): void {
    this.held.set(id, { saved })
    if (saved.user) this.#owners.set(id, saved.user.id)
  }

  leaveMark(id: string): void {
    this.held.set(id, { supersededUntil: this.now + MARK })
  }

  nextLogIn(): number {
    return this.#logIns++
  }

  /** The ids of the user's live sessions, or of one log-in. */
  idsOf(userId: string, logIn?: number): string[] {
    return [...this.held.keys()].filter((id) => {
      const found = this.find(id)
      if (typeof found !== 'object' || found.user?.id !== userId) return false
      return logIn === undefined || found.user.logIn === logIn
    })
  }

  /** Ends the user's sessions, but for one log-in; answers how many. */
  revoke(userId: string, except?: number): number {
    for (const [id, owner] of this.#owners)
      if (owner === userId && this.find(id) === undefined) this.lookedAt.add(id)
    const meant = this.idsOf(userId).filter((id) => {
      const found = this.find(id)
      return typeof found === 'object' && found.user?.logIn !== except
    })
    const logIns = new Set(meant.map((id) => (this.find(id) as Saved).user?.logIn))
    for (const id of meant) this.held.set(id, 'ended')
    for (const logIn of logIns) if (logIn !== undefined) this.endedLogIns.add(logIn)
    return logIns.size
  }

  /** When a save at that moment says that it is over. */
  savedEnd({ expiry }: Life, savedAt: number): number {
    if (expiry !== undefined && 'moment' in expiry) return expiry.moment
    return savedAt + Math.ceil((expiry?.seconds || this.rules.cookieAge) * 1000)
  }

  /** The end of a session that was saved then and is used now: the least of those that there are. */
  endOf(life: Life, savedAt = this.now): number {
    const { idleTimeout = Number.POSITIVE_INFINITY } = this.rules
    return Math.min(this.savedEnd(life, savedAt), this.now + idleTimeout * 1000, this.#absoluteEnd(life))
  }

  /** What the cookie says of its life: seconds, or nothing where it goes with the browser. Uses to come are in it. */
  maxAgeOf(life: Life, savedAt = this.now): number | undefined {
    const { expiry } = life
    if (expiry !== undefined && 'seconds' in expiry && expiry.seconds === 0) return undefined
    return Math.ceil((Math.min(this.savedEnd(life, savedAt), this.#absoluteEnd(life)) - this.now) / 1000)
  }

  #absoluteEnd({ createdAt, user }: Life): number {
    const { absoluteTimeout = Number.POSITIVE_INFINITY } = this.rules
    return (user?.authenticatedAt ?? createdAt) + absoluteTimeout * 1000
  }
}

export interface SessionCookie {
  readonly id: string
  readonly maxAge: number | undefined
}
export type Told = 'nothing' | 'removal' | SessionCookie

export class Interrupted extends Error {}

interface View {
  data: Map<string, unknown>
  expiry: Expiry
  createdAt: number
  user: User | undefined
}

/** One request's dealings with its session, from the moment at which it was opened. */
export class Request {
  /** The id that the real thing has after the next commit. A new one cannot be foretold, only that it is new. */
  next: string | undefined
  /** How many sessions each revocation ended. */
  readonly revoked: number[] = []
  /** The flash messages that were taken each time. */
  readonly taken: (readonly unknown[])[] = []
  readonly #world: World
  readonly #sent: string | undefined
  #origin: 'new' | 'unknown' | 'superseded' | { readonly id: string }
  #view: View
  /** What is stored, as far as this request knows. */
  #saved: Saved | undefined
  /** What the handler has set itself under each key, as it is by now. */
  readonly #own = new Map<string, unknown>()
  #done: ((data: Map<string, unknown>) => void)[] = []
  #modified = false
  #expiryChanged = false
  #rotate = false
  #loggedIn = false
  #end = false
  #cleared = false

  constructor(world: World, id: string | undefined) {
    const found = id === undefined ? undefined : world.find(id)
    this.#world = world
    this.#sent = id
    this.#view = { data: new Map(), expiry: undefined, createdAt: world.now, user: undefined }
    if (id === undefined) this.#origin = 'new'
    else if (found === undefined) this.#origin = 'unknown'
    else if (found === 'superseded') this.#origin = 'superseded'
    else {
      this.#origin = { id }
      this.#view = { ...found, data: new Map(found.data) }
      this.#saved = found
    }
  }

  get id(): string | undefined {
    return typeof this.#origin === 'object' && !this.#end ? this.#origin.id : undefined
  }

  act(action: Exclude<Action, { do: 'save' }>): void {
    const { data } = this.#view
    switch (action.do) {
      case 'set':
        this.#own.set(action.key, action.value)
        this.#change((newest) => newest.set(action.key, action.value))
        return
      case 'delete':
        if (data.has(action.key)) this.#change((newest) => newest.delete(action.key))
        return
      case 'transform':
        this.#change((newest) => newest.set(action.key, increment(newest.get(action.key))))
        return
      case 'change in place':
      case 'change own': {
        const own = this.#own.get(action.key)
        const seen = data.get(action.key)
        const before = action.do === 'change own' ? own : seen
        if (!isCounter(before)) return
        const after = { n: before.n + 1 }
        const isOwn = own === before
        if (isOwn) this.#own.set(action.key, after)
        if (seen === before) this.#change((newest) => newest.set(action.key, after))
        return
      }
      case 'clear':
        this.#cleared = true
        this.#change((newest) => newest.clear())
        this.#setExpiry(undefined)
        return
      case 'cycleKey':
        this.#modified = this.#rotate = true
        return
      case 'flush':
      case 'logout':
        this.act({ do: 'clear' })
        this.#view.createdAt = this.#world.now
        this.#view.user = undefined
        this.#end = true
        this.#rotate = this.#loggedIn = false
        return
      case 'leave':
        this.#change((newest) => keepMessages(newest, [...messagesIn(newest), action.message]))
        return
      case 'take':
        this.taken.push(this.#take())
        return
      case 'login':
        this.#logIn(action.user)
        return
      case 'revokeOthers':
      case 'revokeAll':
        this.#revoke(action)
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
    this.#modified = this.#expiryChanged = this.#rotate = this.#loggedIn = this.#end = this.#cleared = false
    return told
  }

  #carryOut(failed: boolean, explicit: boolean): Told {
    const { expiry, data, user } = this.#view
    const isOver = this.#world.savedEnd(this.#view, this.#world.now) <= this.#world.now
    const isEmpty = data.size === 0 && expiry === undefined && user === undefined
    const write = this.#modified || this.#rotate || explicit
    const begins =
      !failed && !isOver && (this.#rotate || (this.#modified && !isEmpty) || (explicit && !this.#end))

    if (this.#origin === 'new') return begins ? this.#create() : 'nothing'
    if (this.#origin === 'unknown') return begins ? this.#create() : 'removal'
    if (this.#origin === 'superseded') {
      if (begins && (this.#loggedIn || this.#end)) return this.#create()
      if (write && !failed) throw new Interrupted()
      return 'nothing'
    }
    const { id } = this.#origin
    if (this.#end) return begins ? this.#replace(id, this.#view) : this.#delete(id, failed)
    if (failed) return 'nothing'
    if (!write) return this.#touch(id)
    return isOver ? this.#delete(id, failed) : this.#update(id)
  }

  #create(): Told {
    return this.#send(this.#fresh(), this.#view)
  }

  /** Not a version but the changes themselves are saved: keys that this request left alone stay as others wrote them. */
  #update(id: string): Told {
    const newest = this.#world.find(id)
    if (newest === undefined || newest === 'superseded') return this.#beginAnew(this.#loggedIn, newest)
    if (this.#world.rules.inCookie) return this.#send(this.#fresh(), this.#view)
    const data = new Map(newest.data)
    for (const change of this.#done) change(data)
    const expiry = this.#expiryChanged ? this.#view.expiry : newest.expiry
    const user = this.#loggedIn ? this.#view.user : newest.user
    const view = { data, expiry, createdAt: newest.createdAt, user }
    return this.#rotate ? this.#replace(id, view) : this.#send(id, view)
  }

  /** Where the session before is gone: who logs in begins another one, with what this request did and nothing else. */
  #beginAnew(may: boolean, there: Found): Told {
    const { user } = this.#view
    const isSame = user !== undefined && user.logIn === this.#saved?.user?.logIn
    // To prove again who one is makes no other log-in: where that has ended it stays ended.
    const { inCookie } = this.#world.rules
    const isGone = inCookie || there !== 'superseded' || this.#world.endedLogIns.has(user?.logIn ?? -1)
    const hasEnded = isSame && isGone
    if (!may || hasEnded) throw new Interrupted()
    const data = new Map<string, unknown>()
    for (const change of this.#done) change(data)
    const expiry = this.#expiryChanged ? this.#view.expiry : undefined
    const logIn = isSame ? this.#world.nextLogIn() : user?.logIn
    const another = user && logIn !== undefined ? { ...user, logIn } : undefined
    return this.#send(this.#fresh(), { data, expiry, createdAt: this.#world.now, user: another })
  }

  #replace(id: string, view: View): Told {
    const { rules } = this.#world
    const there = this.#world.find(id)
    if (there === undefined || there === 'superseded') return this.#beginAnew(this.#end, there)
    if (!rules.inCookie) this.#world.leaveMark(id)
    if (there.user && there.user.logIn !== view.user?.logIn) this.#world.endedLogIns.add(there.user.logIn)
    return this.#send(this.#fresh(), view)
  }

  /** A use counts only if it gains enough; of one that is no save the server's own count of time needs no cookie. */
  #touch(id: string): Told {
    const { saveEveryRequest, inCookie, idleTimeout, touchAfter = 0 } = this.#world.rules
    const saved = this.#saved
    if (saved === undefined || (!saveEveryRequest && idleTimeout === undefined)) return 'nothing'
    const savedAt = saveEveryRequest ? this.#world.now : saved.savedAt
    const expires = this.#world.endOf(this.#view, savedAt)
    const gain = expires - saved.expires
    // Less than nothing: a request that had not seen the session's own expiry has made it live longer than that.
    const isWorthIt = gain < 0 || (gain > 0 && gain >= touchAfter * (idleTimeout ?? 0) * 1000)
    if (!saveEveryRequest && !isWorthIt) return 'nothing'
    const there = this.#world.find(id)
    if (there === undefined || there === 'superseded') return 'nothing'
    const carrier = inCookie ? this.#fresh() : id
    this.#world.save(carrier, { ...there, expires })
    this.#saved = { ...saved, expires }
    this.#origin = { id: carrier }
    if (!saveEveryRequest && !inCookie) return 'nothing'
    return { id: carrier, maxAge: this.#world.maxAgeOf(this.#view, savedAt) }
  }

  #delete(id: string, failed: boolean): Told {
    const there = this.#world.find(id)
    if (there === 'superseded' && !failed) throw new Interrupted()
    this.#origin = 'unknown'
    this.#saved = undefined
    if (there === undefined || there === 'superseded') return 'nothing'
    if (!this.#world.rules.inCookie) this.#world.held.set(id, 'ended')
    if (there.user) this.#world.endedLogIns.add(there.user.logIn)
    return 'removal'
  }

  #send(id: string, view: View): Told {
    const { now } = this.#world
    this.#view = view
    this.#origin = { id }
    this.#saved = { ...view, data: new Map(view.data), savedAt: now, expires: this.#world.endOf(view) }
    this.#world.save(id, this.#saved)
    return { id, maxAge: this.#world.maxAgeOf(view) }
  }

  /** Another user gets nothing of what the one before has left. */
  #logIn(id: string): void {
    const { user } = this.#view
    if (user !== undefined && user.id !== id) this.act({ do: 'flush' })
    const logIn = user?.id === id ? user.logIn : this.#world.nextLogIn()
    this.#view.user = { id, logIn, authenticatedAt: this.#world.now }
    this.#modified = this.#rotate = this.#loggedIn = true
  }

  /** What is stored is taken at once, whatever becomes of the request; what it has left itself goes with its commit. */
  #take(): readonly unknown[] {
    const { data } = this.#view
    const { id } = this
    const waiting = messagesIn(data)
    if (waiting.length === 0) return []
    if (id === undefined || this.#world.rules.inCookie || this.#cleared) {
      this.#change((newest) => keepMessages(newest, []))
      return waiting
    }
    const known = messagesIn(this.#saved?.data)
    const own = waiting.slice(known.length)
    let taken: readonly unknown[] = []
    const there = this.#world.find(id)
    if (known.length > 0 && typeof there === 'object') {
      taken = messagesIn(there.data)
      this.#world.save(id, { ...there, data: keepMessages(new Map(there.data), []) })
    }
    if (this.#saved) this.#saved = { ...this.#saved, data: keepMessages(new Map(this.#saved.data), []) }
    keepMessages(data, own)
    if (own.length > 0) this.#change((newest) => keepMessages(newest, withoutEach(messagesIn(newest), own)))
    return [...taken, ...own]
  }

  /** Whose session this is goes by what the request has said so far. */
  #revoke(action: Extract<Action, { do: 'revokeOthers' | 'revokeAll' }>): void {
    if (this.#world.rules.inCookie) return
    const { user } = this.#view
    // A log-in that has ended meanwhile ends no other.
    const isIn = user !== undefined && user.logIn === this.#saved?.user?.logIn
    if (action.do === 'revokeOthers' && isIn && this.#world.endedLogIns.has(user.logIn))
      throw new Interrupted()
    if (action.do === 'revokeAll') this.revoked.push(this.#world.revoke(action.user))
    else if (user !== undefined) this.revoked.push(this.#world.revoke(user.id, user.logIn))
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

function messagesIn(data: ReadonlyMap<string, unknown> | undefined): readonly unknown[] {
  const held = data?.get('flash')
  return held !== undefined && typeof held === 'object' && held !== null && 'notice' in held
    ? (held.notice as readonly unknown[])
    : []
}

function keepMessages(data: Map<string, unknown>, messages: readonly unknown[]): Map<string, unknown> {
  if (messages.length === 0) data.delete('flash')
  else data.set('flash', { notice: messages })
  return data
}

/** The list without one of each. */
function withoutEach(list: readonly unknown[], gone: readonly unknown[]): readonly unknown[] {
  const left = [...list]
  for (const one of gone) if (left.includes(one)) left.splice(left.indexOf(one), 1)
  return left
}
