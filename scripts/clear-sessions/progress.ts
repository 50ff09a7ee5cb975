import type { WriteStream } from 'node:tty'
import spinner, { type Spinner } from 'yocto-spinner'

/**
 * How far a sweep is. On a terminal a line that moves; no bar, since no store can say how many records have expired
 * without reading as many as removing them reads. Elsewhere, in a cron job's mail, only the end.
 */
export class Progress {
  readonly #stream: WriteStream
  readonly #since = performance.now()
  readonly #spinner: Spinner | undefined
  #removed = 0

  constructor(stream: WriteStream) {
    this.#stream = stream
    // Ctrl-C is the command's to handle: a batch is under way.
    if (stream.isTTY) this.#spinner = spinner({ stream, handleSignals: false, text: this.#text() }).start()
  }

  show(removed: number): void {
    this.#removed = removed
    if (this.#spinner !== undefined) this.#spinner.text = this.#text()
  }

  /** The last line. `early`: there may be more. */
  end(early: boolean): void {
    this.#spinner?.stop()
    this.#stream.write(
      `  ${removedText(this.#removed)} in ${this.#seconds().toFixed(1)} s${early ? ', then stopped' : ''}\n`,
    )
  }

  #text(): string {
    const rate = this.#removed / Math.max(1, this.#seconds())
    return `${removedText(this.#removed)}, ${Math.round(rate).toLocaleString('en')} a second`
  }

  #seconds(): number {
    return (performance.now() - this.#since) / 1000
  }
}

function removedText(removed: number): string {
  return `${removed.toLocaleString('en')} expired ${removed === 1 ? 'session' : 'sessions'} removed`
}
