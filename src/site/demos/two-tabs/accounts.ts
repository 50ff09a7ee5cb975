import { randomUUID } from 'node:crypto'

/** Accounts held at a time; the oldest one gives way. */
const MOST = 200

/**
 * What is told once on the page that follows a form: too much for a session that may have to fit into a cookie, and not
 * worth keeping. It lives in this process's memory, under a name that nobody can guess.
 */
export class Accounts<Account> {
  readonly #accounts = new Map<string, Account>()

  /** Answers the name. */
  add(account: Account): string {
    const name = randomUUID()
    this.#accounts.set(name, account)
    const [oldest] = this.#accounts.keys()
    if (this.#accounts.size > MOST && oldest !== undefined) this.#accounts.delete(oldest)
    return name
  }

  /** The account, if the name is one and it is still there. */
  find(name: unknown): Account | undefined {
    return typeof name === 'string' ? this.#accounts.get(name) : undefined
  }
}
