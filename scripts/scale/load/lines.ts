import { Connection, type OnAnswer } from '../../bench/load/connection.js'

interface Line {
  readonly port: number
  connection: Connection
}

/**
 * Keep-alive connections to one server or several. The one that has been free for longest is next, so that the requests
 * of one session land on all servers.
 */
export class Lines {
  readonly #free: Line[]
  readonly #all: readonly Line[]

  constructor(ports: readonly number[], count: number) {
    this.#all = Array.from({ length: count }, (_, place) => {
      const port = ports[place % ports.length] ?? 0
      return { port, connection: new Connection(port) }
    })
    this.#free = [...this.#all]
  }

  /** How many have a request under way. */
  get busy(): number {
    return this.#all.length - this.#free.length
  }

  get isFree(): boolean {
    return this.#free.length > 0
  }

  /** Asks on a free line. */
  ask(request: string, onAnswer: OnAnswer): void {
    const line = this.#free.shift()
    if (line === undefined) throw new Error('every line is busy')
    line.connection.ask(request, (answer) => {
      if (!line.connection.isOpen) line.connection = new Connection(line.port)
      this.#free.push(line)
      onAnswer(answer)
    })
  }

  close(): void {
    for (const { connection } of this.#all) connection.close()
  }
}
