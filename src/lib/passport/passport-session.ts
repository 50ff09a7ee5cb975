import { ObjectView, type PlainObject } from '../session/object-view.js'
import { Session, stateOf } from '../session/session.js'

/** Where Passport keeps what `serializeUser` gave, if its key is left as it is. */
const PASSPORT_KEY = 'passport'
/** Where it puts what `failureMessage` and `successMessage` say. */
const MESSAGES = 'messages'
/** Where an application puts the page that `successReturnToOrRedirect` leads to. */
const RETURN_TO = 'returnTo'

/** A function that is called back when something is done. */
export type Callback = (error?: unknown) => void

export interface PassportSessionParts {
  /** Whether the session ignores changes in place, which Passport's strategies rely on. */
  readonly comparesItself: boolean
  /** Whether templates see it too, and call the session's own methods. */
  readonly inViews: boolean
}

/** What a log-in leaves of what the visitor did before. */
export interface Keeping {
  readonly keepsData: boolean
  readonly returns: boolean
}

/** The open session of one request, as Passport and its strategies use it. */
export class PassportSession {
  readonly session: Session
  /** What Express calls `req.session`. */
  readonly object: PlainObject
  readonly #view: ObjectView
  /** The log-in that the request came with, if it was Passport's. */
  readonly #handle: string | undefined
  readonly #flashed: (readonly [key: string, message: unknown])[] = []

  constructor(session: Session, { comparesItself, inViews }: PassportSessionParts) {
    this.session = session
    const methods = new ExpressMethods(this)
    this.#view = new ObjectView(session, inViews ? [methods, session] : [methods], comparesItself)
    this.object = this.#view.object
    // For a WebSocket it is one that can only be read.
    if (!(session instanceof Session)) return
    const { data, user } = stateOf(session)
    if (hasUser(data.get(PASSPORT_KEY))) this.#handle = user?.handle
  }

  /** For `failureFlash` and `successFlash`. With one argument it takes the messages, as `session.flash` does. */
  flash(...args: [key: string, message?: unknown]): Promise<unknown[]> | Session {
    const [key, message] = args
    if (args.length === 1) return this.session.flash(key)
    this.#flashed.push([key, message])
    return this.session.flash(key, message)
  }

  /**
   * Logs the user in. Without `keepsData` what the visitor did before is gone, as Passport has it; but not what this very
   * request says of the log-in, nor where it is to lead, if Passport is about to look that up (`returns`).
   */
  logIn(userId: string, device: string | undefined, { keepsData, returns }: Keeping): void {
    if (keepsData) {
      this.session.login(userId, { device })
      return
    }
    const said = this.#messagesOfThisRequest()
    const isAnonymous = this.session.user === undefined
    const returnTo = returns && isAnonymous ? this.session.get<string>(RETURN_TO) : undefined
    this.session.clear()
    this.session.login(userId, { device })
    if (said.length > 0) this.object[MESSAGES] = said
    if (returnTo !== undefined) this.object[RETURN_TO] = returnTo
    for (const [key, message] of this.#flashed) this.session.flash(key, message)
  }

  /** Logs out. `keepsData`: another session begins with the same data, but for what stands under `key`. */
  logOut(key: string, keepsData: boolean): void {
    const kept = keepsData ? [...this.session].filter(([name]) => name !== key) : []
    this.session.logout()
    for (const [name, value] of kept) this.session.set<string>(name, value)
  }

  /** To be called before each commit. */
  settle(): void {
    this.#view.settle()
    if (this.#handle === undefined) return
    const { data, accessed } = stateOf(this.session)
    if (!accessed || hasUser(data.get(PASSPORT_KEY))) return
    // Passport forgets a user whom `deserializeUser` does not find, and some programs log out by deleting its key. The
    // device must not stay in the user's list.
    if (this.session.handle === this.#handle) this.logOut(PASSPORT_KEY, true)
  }

  #messagesOfThisRequest(): unknown[] {
    if (!(this.session instanceof Session)) return []
    const { tracker, saved, data } = stateOf(this.session)
    const before = tracker.original(MESSAGES, saved?.data[MESSAGES])
    const now = data.get(MESSAGES)
    if (!Array.isArray(now)) return []
    return now.slice(Array.isArray(before) ? before.length : 0)
  }
}

/** What Express's session has besides the data, and strategies call. */
class ExpressMethods {
  readonly #of: PassportSession

  constructor(of: PassportSession) {
    this.#of = of
  }

  get id(): string | undefined {
    return this.#of.session.id
  }

  /** Empties the session and gives it a new id. */
  regenerate(done: Callback): void {
    this.#of.session.clear()
    this.#of.session.cycleKey()
    done()
  }

  /** Commits now. Passport does without: the session is committed before the headers go out. */
  save(done?: Callback): void {
    this.#of.settle()
    this.#of.session.save().then(() => done?.(), done)
  }

  destroy(done?: Callback): void {
    this.#of.session.flush()
    done?.()
  }
}

function hasUser(stored: unknown): boolean {
  return typeof stored === 'object' && stored !== null && 'user' in stored && stored.user !== undefined
}
