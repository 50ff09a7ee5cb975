/** Stops whoever is behind it before one of their calls. */
export class Gate {
  #left = Number.POSITIVE_INFINITY
  #reached = (): void => {}
  #opened = Promise.resolve()
  open = (): void => {}
  /** The calls that have passed since it was closed. */
  readonly passed: string[] = []
  readonly #beforeCall: () => void

  /** `beforeCall` is called before each call that passes; what it throws, the call fails with. */
  constructor(beforeCall: () => void = () => {}) {
    this.#beforeCall = beforeCall
  }

  /** Resolves when call number `nth`, from 0, has come. It stays closed until `open` is called. */
  close(nth: number): Promise<void> {
    this.#left = nth
    this.passed.length = 0
    this.#opened = new Promise((resolve) => {
      this.open = resolve
    })
    return new Promise((resolve) => {
      this.#reached = resolve
    })
  }

  /** No call is stopped any more. */
  lift(): void {
    this.#left = Number.POSITIVE_INFINITY
    this.open()
  }

  pass(call: string): void | Promise<void> {
    if (this.#left-- !== 0) return this.#letPass(call)
    this.#reached()
    return this.#opened.then(() => this.#letPass(call))
  }

  #letPass(call: string): void {
    this.#beforeCall()
    this.passed.push(call)
  }
}
