import { type InspectOptions, inspect } from 'node:util'
import type { LogInOptions } from '../users/log-in.js'
import { refuseAssignment } from './assignment.js'
import type { SessionContext } from './context.js'
import { NotOnThisEngine } from './errors.js'
import { endsWithBrowser, expiryAge, expiryTime, toCustomExpiry } from './expiry.js'
import { addMessage, takeMessages } from './flash.js'
import { SessionMap } from './session-map.js'
import type { SessionState } from './state.js'

const TEST_COOKIE = 'testcookie'
const TEST_COOKIE_VALUE = 'worked'

/** When the session was last modified, and which expiry to reckon with; both as Django's (items 33 to 35). */
export interface ExpiryQuestion {
  /** Default: now. */
  readonly modification?: Date
  /** Seconds, a moment, or null for the settings' own. Default: what `setExpiry` was given. */
  readonly expiry?: number | Date | null
}

/** A session as anybody may see it. */
export interface ShownSession {
  /** By which two mentions of one session can be joined while the process runs; none where there is no id. */
  readonly session: string | undefined
  /** The number of keys. */
  readonly size: number
  readonly accessed: boolean
  readonly modified: boolean
}

/** What a session needs of whoever opened it. */
export interface SessionOwner {
  /** Commits now. */
  save(): Promise<void>
}

/** The state of a session, for code that works on it beside the handler. */
export let stateOf: (session: Session) => SessionState

/** What it shares with the other sessions of its application. */
export let contextOf: (session: Session) => SessionContext

/**
 * One visitor's session: a Map of JSON values by key, with an expiry and an id. It is open already, so nothing here
 * waits; what is changed takes effect when the request's response begins, or at `save()`.
 */
export class Session extends SessionMap {
  readonly #state: SessionState
  readonly #context: SessionContext
  readonly #owner: SessionOwner

  static {
    stateOf = (session) => session.#state
    contextOf = (session) => session.#context
  }

  constructor(state: SessionState, context: SessionContext, owner: SessionOwner) {
    super(state)
    this.#state = state
    this.#context = context
    this.#owner = owner
  }

  /** The secret that the cookie carries; none until the session was stored, nor after `flush()`. */
  get id(): string | undefined {
    return this.#state.id
  }

  /** When the session began. */
  get createdAt(): Date {
    return new Date(this.#state.createdAt)
  }

  /** Who is logged in, as `login` was told; nobody in an anonymous session. */
  get user(): string | undefined {
    return this.#user()?.id
  }

  /** What this log-in is called in `sessions.forUser`. No secret: it leads nobody in. */
  get handle(): string | undefined {
    return this.#user()?.handle
  }

  /** When the user last proved who they are. */
  get authenticatedAt(): Date | undefined {
    const user = this.#user()
    return user && new Date(user.authenticatedAt)
  }

  /** Whether the data was looked at. */
  get accessed(): boolean {
    return this.#state.accessed
  }

  /** Whether the commit will write. Set it where a nested change would go unnoticed (`NESTED_CHANGES=ignore`). */
  get modified(): boolean {
    return this.#state.isModified
  }

  /** True: the commit writes, whatever changed. False: what was changed so far counts as no change. */
  set modified(modified: boolean) {
    this.#state.markModified(modified)
  }

  /** Whether there is neither an id nor anything to store. Does not count as access. */
  isEmpty(): boolean {
    return this.#state.isEmpty
  }

  /** Ends the session: the data goes now, the stored record with the commit. What is set afterwards begins another. */
  flush(): void {
    this.#state.change()
    this.#state.end(this.#context.clock())
  }

  /**
   * Logs the user in whom you have just authenticated, under a new id (S08). What an anonymous visitor put into the
   * session stays; what another user did goes (Django item 154). The same user proves again who they are:
   * `authenticatedAt` is now, and the data stays.
   *
   * @throws TypeError if `userId` or the device is no text, @throws RangeError if the id has not 1 to 255 characters.
   * @throws NotOnThisEngine if another application uses the same sessions, and has log-ins of its own.
   */
  login(userId: string, options: LogInOptions = {}): void {
    const { name, capabilities } = this.#context.engine
    if (capabilities.sharedWith !== undefined)
      throw new NotOnThisEngine(
        `login() is not possible on the engine ${name}, whose sessions ${capabilities.sharedWith} uses too: ` +
          'djangoLogin() makes a log-in that it accepts',
      )
    this.#state.logIn(userId, options, this.#context.clock())
    this.#state.change()
  }

  /** Logs out: ends the session with all its data, whoever is logged in (S26). The same as `flush`. */
  logout(): void {
    this.flush()
  }

  /**
   * Whether the user proved who they are less than `minutes` ago, for routes that ask for it (S73). False for
   * anonymous visitors.
   */
  authenticatedWithin(minutes: number): boolean {
    const user = this.#user()
    // A log-in that seems to lie ahead, since a clock was set back, is no newer than one as far behind (S25).
    return user !== undefined && Math.abs(this.#context.clock() - user.authenticatedAt) < minutes * 60_000
  }

  /** Keeps the data and asks for a new id, against session fixation: do it at each log-in. */
  cycleKey(): void {
    this.#state.change()
    this.#state.pending.rotate = true
  }

  /**
   * Commits now rather than when the response begins; for code outside a request, and for handlers that write the
   * response themselves. Writes even if nothing was changed, as Django's does. What is changed while it waits, or later, is
   * for the next commit. An object whose key another request has changed meanwhile is another one afterwards: `get` it again.
   *
   * What this throws, the end of the request does not throw again; `discard()` drops what could not be saved.
   *
   * @throws SessionInterrupted if the session ended meanwhile.
   * @throws EngineUnavailable if the store does not answer; what was to be saved still is.
   */
  save(): Promise<void> {
    return this.#owner.save()
  }

  /**
   * Forgets what was changed since the session was opened or last saved: data, expiry, a log-in, a log-out. Values that
   * were changed in place are as they were; with `NESTED_CHANGES=ignore` nobody knows how that was, and they stay changed.
   */
  discard(): void {
    this.#state.restore(this.#context.clock())
  }

  /**
   * Gives this session its own expiry: seconds from each save, the moment it ends, 0 for the end of the browser's
   * session, or null for what the settings say.
   *
   * @throws RangeError if it is none of these.
   */
  setExpiry(expiry: number | Date | null): void {
    const custom = expiry === null ? undefined : this.#custom(expiry)
    this.#state.look()
    if (custom === undefined && this.#state.expiry === undefined) return
    this.#state.change()
    this.#state.expiry = custom
    this.#state.pending.expiryChanged = true
  }

  /**
   * Seconds that the session lives from `modification`. A number given to `setExpiry` comes back as it is.
   *
   * @throws RangeError if the expiry or the modification of the question is not valid.
   */
  getExpiryAge(question: ExpiryQuestion = {}): number {
    return expiryAge(this.#expiryOf(question), this.#modificationOf(question), this.#context.rules)
  }

  /** The moment at which the session ends, counted from `modification`. @throws RangeError as `getExpiryAge`. */
  getExpiryDate(question: ExpiryQuestion = {}): Date {
    return new Date(expiryTime(this.#expiryOf(question), this.#modificationOf(question), this.#context.rules))
  }

  /** Whether the browser forgets the cookie when it closes. The server ends the session after `cookieAge` all the same. */
  getExpireAtBrowserClose(): boolean {
    this.#state.look()
    return endsWithBrowser(this.#state.expiry, this.#context.rules)
  }

  /** Puts a value into the session, to see at the next request whether the browser sends cookies back. */
  setTestCookie(): void {
    this.set<string>(TEST_COOKIE, TEST_COOKIE_VALUE)
  }

  /** Whether the browser sent back the cookie of `setTestCookie()`. */
  testCookieWorked(): boolean {
    return this.get<string>(TEST_COOKIE) === TEST_COOKIE_VALUE
  }

  /** True if it was there. */
  deleteTestCookie(): boolean {
    return this.delete(TEST_COOKIE)
  }

  /**
   * Leaves a message, any JSON value, for the next page that takes the messages of `key`. A key keeps its newest 50. All
   * of them stand in the session's own key `flash`.
   *
   * @throws UnsupportedValue if JSON cannot hold `message`.
   */
  flash(key: string, message: unknown): this
  /**
   * Takes all messages left under `key`, the oldest first; an empty list if there are none. Each is shown once: the store
   * gives it up before this answers, and of two requests that take at the same moment one gets it. So take them in the
   * handler, and hand them to the page. Where the cookie holds the session (`signed_cookies`) each request has its own
   * copy, and two at the same moment both show it.
   *
   * @throws EngineUnavailable if the store does not answer.
   */
  flash(key: string): Promise<unknown[]>
  flash(key: string, ...message: [unknown?]): this | Promise<unknown[]> {
    if (message.length === 0) return takeMessages(this.#state, this.#context, key)
    addMessage(this.#state, key, message[0])
    return this
  }

  /** What may be shown of the session, in a log say: neither the data nor the id (S12). Does not count as access. */
  toJSON(): ShownSession {
    const { id, data, accessed, isModified } = this.#state
    return {
      session: id && this.#context.fingerprint(id),
      size: data.size,
      accessed,
      modified: isModified,
    }
  }

  /** As `toJSON`, for `console.log`. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `Session ${inspect(this.toJSON(), options)}`
  }

  #user(): SessionState['user'] {
    this.#state.accessed = true
    return this.#state.user
  }

  #expiryOf({ expiry }: ExpiryQuestion): number | string | undefined {
    if (expiry !== undefined) return expiry === null ? undefined : this.#custom(expiry)
    this.#state.look()
    return this.#state.expiry
  }

  #custom(expiry: number | Date): number | string {
    const { clock, engine } = this.#context
    return toCustomExpiry(expiry, clock(), engine.capabilities.lastMoment)
  }

  #modificationOf({ modification }: ExpiryQuestion): number {
    if (modification === undefined) return this.#context.clock()
    const time = modification instanceof Date ? modification.getTime() : Number.NaN
    if (Number.isNaN(time)) throw new RangeError(`modification is a valid Date, not ${String(modification)}`)
    return time
  }
}

refuseAssignment(Session.prototype, SessionMap.prototype)
