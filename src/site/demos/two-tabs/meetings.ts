/** How a wait ended: the other one came, nobody did, or too many were waiting already. */
export type Met = 'met' | 'alone' | 'full'

/** Where two requests of this process wait for each other. */
export class Meetings {
  readonly #most: number
  readonly #waiting = new Map<string, () => void>()

  /** `most`: how many may wait at a time, so that nobody fills the server with waiting requests. */
  constructor(most: number) {
    this.#most = most
  }

  /** Waits until somebody else comes to the same `place`, but not for longer than `patience`: milliseconds. */
  async meet(place: string, patience: number): Promise<Met> {
    const other = this.#waiting.get(place)
    if (other !== undefined) {
      other()
      return 'met'
    }
    if (this.#waiting.size >= this.#most) return 'full'
    return new Promise((resolve) => {
      const leave = (met: Met): void => {
        clearTimeout(timer)
        this.#waiting.delete(place)
        resolve(met)
      }
      const timer = setTimeout(() => leave('alone'), patience)
      this.#waiting.set(place, () => leave('met'))
    })
  }
}
