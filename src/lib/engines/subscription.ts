/** After how many milliseconds a connection that could not be made, or was lost, is made again. */
const RETRY_AFTER = 1000

export interface SubscriptionOptions {
  /** Connects and subscribes; answers how to let go of the connection. Calls `onLost` when that breaks. */
  readonly open: (onLost: () => void) => Promise<() => Promise<unknown>>
  /** Hears why there is no connection: once, until there has been one again. */
  readonly failed: (error: unknown) => void
}

/** Keeps one connection on which a server tells what happens, until it is stopped. It keeps no process alive. */
export class Subscription {
  readonly #options: SubscriptionOptions
  #underWay: Promise<void>
  #close: (() => Promise<unknown>) | undefined
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #hasFailed = false

  constructor(options: SubscriptionOptions) {
    this.#options = options
    this.#underWay = this.#open()
  }

  /** Resolves when the connection is closed. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#underWay
    await this.#letGo()
  }

  async #open(): Promise<void> {
    let isLost = false
    try {
      const close = await this.#options.open(() => {
        if (isLost) return
        isLost = true
        this.#retry()
      })
      this.#close = close
      this.#hasFailed = false
      if (this.#isStopped || isLost) await this.#letGo()
    } catch (error) {
      if (!this.#hasFailed && !this.#isStopped) this.#options.failed(error)
      this.#hasFailed = true
      if (!isLost) this.#retry()
      isLost = true
    }
  }

  #retry(): void {
    if (this.#isStopped) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#underWay = this.#letGo().then(() => this.#open())
    }, RETRY_AFTER)
    this.#timer.unref()
  }

  async #letGo(): Promise<void> {
    const close = this.#close
    this.#close = undefined
    // The server may be gone already.
    await close?.().catch(() => {})
  }
}
