import type { WriteStream } from 'node:tty'

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
/** Milliseconds. */
const FRAME_TIME = 80
const [HIDE_CURSOR, SHOW_CURSOR, START_OF_LINE] = ['\x1b[?25l', '\x1b[?25h', '\r\x1b[K']

/** How far a command is, on a terminal: a line that moves. Elsewhere, in a cron job's mail, nothing. */
export class Progress {
  readonly #stream: WriteStream
  readonly #line: (seconds: number) => string
  readonly #since = performance.now()
  readonly #timer: NodeJS.Timeout | undefined
  #frame = 0

  /** `line` answers what the line is to say so many seconds after the beginning. */
  constructor(stream: WriteStream, line: (seconds: number) => string) {
    this.#stream = stream
    this.#line = line
    if (!stream.isTTY) return
    stream.write(HIDE_CURSOR)
    this.#draw()
    this.#timer = setInterval(() => this.#draw(), FRAME_TIME)
  }

  /** The line is gone, and the cursor back. Answers how many seconds it took. */
  end(): number {
    if (this.#timer !== undefined) {
      clearInterval(this.#timer)
      this.#stream.write(`${START_OF_LINE}${SHOW_CURSOR}`)
    }
    return this.#seconds()
  }

  #draw(): void {
    const frame = FRAMES[this.#frame++ % FRAMES.length]
    this.#stream.write(`${START_OF_LINE}${frame}  ${this.#line(this.#seconds())}`)
  }

  #seconds(): number {
    return (performance.now() - this.#since) / 1000
  }
}

/** "1,200 a second". */
export function rateText(count: number, seconds: number): string {
  return `${Math.round(count / Math.max(1, seconds)).toLocaleString('en')} a second`
}

const BAR = 24

/** "███████████████░░░░░░░░░  62 %". */
export function barText(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const full = Math.floor(share * BAR)
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${String(Math.floor(share * 100)).padStart(3)} %`
}

/** "1,200 sessions", "1 session". */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : several}`
}
