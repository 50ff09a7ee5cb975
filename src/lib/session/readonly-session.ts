import { type InspectOptions, inspect } from 'node:util'
import { copyOf } from '../codecs/json-copy.js'
import type { SessionContext } from './context.js'
import type { ValueOf } from './data.js'
import { type ExpiryQuestion, Session, type ShownSession } from './session.js'
import { SessionMap } from './session-map.js'
import type { SessionState } from './state.js'

const READ_ONLY =
  'was read for a WebSocket or with sessions.read(), where no cookie can be set. Change it in an HTTP request; for data alone: ' +
  '`const writable = await sessions.open(session.id)`, change that and `await writable.save()`'

/** The state of a session that was read, and what it shares with others. */
export let readPartsOf: (session: ReadonlySession) => {
  readonly state: SessionState
  readonly context: SessionContext
}

/**
 * A visitor's session as it was when it was read, by `sessions.read(req)` or in a handler of koa-websocket: the reading half of `Session`. It does not change
 * afterwards. Methods that write throw a TypeError, and objects in it are frozen.
 */
export class ReadonlySession {
  readonly #state: SessionState
  readonly #context: SessionContext
  /** For what is reckoned. */
  readonly #session: Session

  static {
    readPartsOf = (session) => ({ state: session.#state, context: session.#context })
  }

  /** Not for callers: `sessions.read(req)` makes it. */
  constructor(state: SessionState, context: SessionContext) {
    this.#state = state
    this.#context = context
    this.#session = new Session(state, context, { save: () => Promise.reject(refusal('save')) })
    for (const [key, value] of state.data) state.data.set(key, frozen(copyOf(value)))
    // An assignment such as `session.views = 1` throws.
    Object.freeze(this)
  }

  /** The secret that the cookie carries. `sessions.open` takes it. */
  get id(): string | undefined {
    return this.#session.id
  }

  /** When the session began. */
  get createdAt(): Date {
    return this.#session.createdAt
  }

  /** Who is logged in; `undefined` in an anonymous session. */
  get user(): string | undefined {
    return this.#session.user
  }

  /** What this log-in is called in `sessions.forUser`. No secret. */
  get handle(): string | undefined {
    return this.#session.handle
  }

  /** When the user last proved who they are. */
  get authenticatedAt(): Date | undefined {
    return this.#session.authenticatedAt
  }

  /** Whether the user proved who they are less than `minutes` ago. False for anonymous visitors. */
  authenticatedWithin(minutes: number): boolean {
    return this.#session.authenticatedWithin(minutes)
  }

  /** The number of keys. */
  get size(): number {
    return this.#state.data.size
  }

  /** Whether there is such a key. */
  has(key: string): boolean {
    return this.#state.data.has(key)
  }

  /** What stands under the key. */
  get<Key extends string>(key: Key): ValueOf<Key> | undefined
  /** What stands under the key, or `fallback` if there is no such key. */
  get<Key extends string, Fallback>(key: Key, fallback: Fallback): ValueOf<Key> | Fallback
  get(key: string, fallback?: unknown): unknown {
    return this.has(key) ? this.#state.data.get(key) : fallback
  }

  /** The keys. */
  keys(): IterableIterator<string> {
    return this.#state.data.keys()
  }

  /** The values. */
  values(): IterableIterator<unknown> {
    return this.#state.data.values()
  }

  /** Keys with their values. */
  entries(): IterableIterator<[string, unknown]> {
    return this.#state.data.entries()
  }

  /** As `entries()`. */
  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.entries()
  }

  /** Whether there is neither an id nor data, as for a WebSocket of a visitor without a session. */
  isEmpty(): boolean {
    return this.#session.isEmpty()
  }

  /** Seconds that the session lives from `modification`, as `Session.getExpiryAge`. */
  getExpiryAge(question: ExpiryQuestion = {}): number {
    return this.#session.getExpiryAge(question)
  }

  /** The moment at which the session ends, as `Session.getExpiryDate`. */
  getExpiryDate(question: ExpiryQuestion = {}): Date {
    return this.#session.getExpiryDate(question)
  }

  /** Whether the browser forgets the cookie when it closes. */
  getExpireAtBrowserClose(): boolean {
    return this.#session.getExpireAtBrowserClose()
  }

  /** What may be shown of the session: neither the data nor the id. */
  toJSON(): Pick<ShownSession, 'session' | 'size'> {
    const { session, size } = this.#session.toJSON()
    return { session, size }
  }

  /** As `toJSON`, for `console.log`. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `ReadonlySession ${inspect(this.toJSON(), options)}`
  }
}

/** Whatever else a session can do is there too, and says why it does nothing. */
for (const prototype of [Session.prototype, SessionMap.prototype]) {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name in ReadonlySession.prototype || name === 'accessed' || name === 'modified') continue
    Object.defineProperty(ReadonlySession.prototype, name, {
      value(): never {
        throw refusal(name)
      },
    })
  }
}

function refusal(name: string): TypeError {
  return new TypeError(`session.${name}() does nothing: this session ${READ_ONLY}`)
}

function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.values(value).forEach(frozen)
  return Object.freeze(value)
}
