/**
 * Lets tasks about the same thing go one after the other within this process. Requests of one process that changed
 * the same session at the same moment then need not race each other again and again.
 */
export class KeyedMutex {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `task` when every task about `subject` that came before has ended. */
  async take<Result>(subject: string, task: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(subject) ?? Promise.resolve()
    const mine = before.then(task, task)
    this.#last.set(subject, mine)
    try {
      return await mine
    } finally {
      if (this.#last.get(subject) === mine) this.#last.delete(subject)
    }
  }
}
