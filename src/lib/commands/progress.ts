import type { WriteStream } from 'node:tty'

/** What a sweep has come to. */
export interface Swept {
  readonly removed: number
  readonly seconds: number
  /** Whether there may be more. */
  readonly early: boolean
}

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
/** Milliseconds. */
const FRAME_TIME = 80
const [HIDE_CURSOR, SHOW_CURSOR, START_OF_LINE] = ['\x1b[?25l', '\x1b[?25h', '\r\x1b[K']

/**
 * How far a sweep is. On a terminal a line that moves; no bar, since no store can say how many records have expired
 * without reading as many as removing them reads. Elsewhere, in a cron job's mail, nothing.
 */
export class Progress {
  readonly #stream: WriteStream
  readonly #since = performance.now()
  readonly #timer: NodeJS.Timeout | undefined
  #removed = 0
  #frame = 0

  constructor(stream: WriteStream) {
    this.#stream = stream
    if (!stream.isTTY) return
    stream.write(HIDE_CURSOR)
    this.#draw()
    this.#timer = setInterval(() => this.#draw(), FRAME_TIME)
  }

  show(removed: number): void {
    this.#removed = removed
  }

  /** The line is gone, and the cursor back. */
  end(early: boolean): Swept {
    if (this.#timer !== undefined) {
      clearInterval(this.#timer)
      this.#stream.write(`${START_OF_LINE}${SHOW_CURSOR}`)
    }
    return { removed: this.#removed, seconds: this.#seconds(), early }
  }

  #draw(): void {
    const frame = FRAMES[this.#frame++ % FRAMES.length]
    const rate = this.#removed / Math.max(1, this.#seconds())
    this.#stream.write(
      `${START_OF_LINE}${frame}  ${removedText(this.#removed)}, ${Math.round(rate).toLocaleString('en')} a second`,
    )
  }

  #seconds(): number {
    return (performance.now() - this.#since) / 1000
  }
}

export function removedText(removed: number): string {
  return `${removed.toLocaleString('en')} expired ${removed === 1 ? 'session' : 'sessions'} removed`
}
