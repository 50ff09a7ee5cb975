import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Gets an answer; `undefined` if the connection ended first. */
export type OnAnswer = (answer: Answer | undefined) => void

/**
 * A keep-alive connection with at most one request under way. Our own client, because the load must cost less than the
 * servers. It reads answers with a `Content-Length` only, which all contenders send.
 */
export class Connection {
  readonly #socket: Socket
  #text = ''
  #onAnswer: OnAnswer | undefined

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (text: string) => this.#take(text))
    this.#socket.on('error', () => {}) // `close` follows
    this.#socket.on('close', () => this.#give(undefined))
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  ask(request: string, onAnswer: OnAnswer): void {
    this.#onAnswer = onAnswer
    this.#socket.write(request, 'latin1')
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#text += text
    const end = this.#text.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#text.slice(0, end)
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
    if (length === undefined) throw new Error(`an answer of unknown length:\n${head}`)
    const body = this.#text.slice(end + 4, end + 4 + Number(length))
    if (body.length < Number(length)) return
    this.#text = ''
    this.#give({ status: Number(head.slice(9, 12)), head, body })
  }

  #give(answer: Answer | undefined): void {
    const onAnswer = this.#onAnswer
    this.#onAnswer = undefined
    onAnswer?.(answer)
  }
}
