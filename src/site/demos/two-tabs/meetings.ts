import { randomUUID } from 'node:crypto'

/** How a wait ended: the other request came, none came, or too many were waiting already. */
export type Met = 'met' | 'alone' | 'full'

/** Where two requests of this process wait for each other. */
export class Meetings {
  readonly #most: number
  readonly #waiting = new Map<string, () => void>()

  /** `most`: how many may wait at a time, so that nobody can fill the server with waiting requests. */
  constructor(most: number) {
    this.#most = most
  }

  /** Waits until another request comes to the same `place`, at most for `patience`: milliseconds. */
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

/** Reports held at a time; the oldest one is dropped. */
const MOST_REPORTS = 200

/**
 * What a form's result page shows once: too much for a session that may have to fit into a cookie. Reports are in this
 * process's memory, under names that nobody can guess.
 */
export class Reports<Report> {
  readonly #reports = new Map<string, Report>()

  /** Answers the name. */
  add(report: Report): string {
    const name = randomUUID()
    this.#reports.set(name, report)
    const [oldest] = this.#reports.keys()
    if (this.#reports.size > MOST_REPORTS && oldest !== undefined) this.#reports.delete(oldest)
    return name
  }

  find(name: string | undefined): Report | undefined {
    return name === undefined ? undefined : this.#reports.get(name)
  }
}
