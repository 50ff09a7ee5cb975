import { KeyedMutex, tooSlow, within } from '../concurrency.js'
import { EngineUnavailable } from '../errors.js'
import { exchange } from './exchange.js'
import { unusableFiles } from './file-error.js'
import { insertFile } from './insert.js'
import { MOST_BYTES, readSessionFile } from './session-file.js'

/** How much of the time limit one may wait behind a holder of a lock that does not let go. */
const PATIENCE_SHARE = 0.1
/** And the most, in milliseconds: many times what a change takes. */
const PATIENCE_MOST = 200

/** Decides on what stands there what is to stand there; `leave` if its condition isn't met. */
export type Decide = (before: string) => Change
export type Change = 'leave' | { readonly after: string | undefined }

export interface FileChangesOptions {
  /** For messages. */
  readonly directory: string
  /** How long one step may take, in milliseconds. */
  readonly timeLimit: number
}

/**
 * Changes files by compare-and-set: read, decide, exchange, and from the start if somebody else was there in between.
 * Within this process those who want to change the same file take turns; between processes they meet in the exchange.
 * Every failure is thrown as `EngineUnavailable`, in time.
 */
export class FileChanges {
  readonly #options: FileChangesOptions
  readonly #backoff: number
  readonly #turns = new KeyedMutex()
  readonly #underWay = new Set<Promise<unknown>>()

  constructor(options: FileChangesOptions) {
    this.#options = options
    this.#backoff = Math.min(PATIENCE_MOST, options.timeLimit * PATIENCE_SHARE)
  }

  /** Answers whether the file is new; it needs no turn. */
  insert(path: string, text: string): Promise<boolean> {
    return this.inTime(async (signal) => this.place(path, text, signal))
  }

  /** Answers whether the file was changed. */
  change(path: string, decide: Decide): Promise<boolean> {
    return this.inTurn(path, (signal) => this.settle(path, decide, signal))
  }

  /** Runs a step of several changes in the turn of this file. */
  inTurn(path: string, step: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
    return this.inTime((signal) =>
      this.#turns.runExclusive(path, () => {
        signal.throwIfAborted()
        return step(signal)
      }),
    )
  }

  /** A new file within such a step; throws whatever comes. */
  place(path: string, text: string, signal: AbortSignal): Promise<boolean> {
    refuseTooLarge(text)
    return insertFile(path, text, signal)
  }

  /** One change within such a step; throws whatever comes. */
  async settle(path: string, decide: Decide, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const before = await readSessionFile(path)
      if (before === undefined) return false
      const change = decide(before)
      if (change === 'leave') return false
      refuseTooLarge(change.after)
      if (await exchange({ path, before, after: change.after, backoff: this.#backoff, signal })) return true
      signal.throwIfAborted()
    }
  }

  /**
   * Nobody waits for longer than the time limit. What hangs in the operating system cannot be recalled; the signal
   * keeps it from committing anything when it goes on at last.
   */
  async inTime<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { timeLimit, directory } = this.#options
    const signal = AbortSignal.timeout(timeLimit)
    const working = work(signal)
    this.#underWay.add(working)
    void working.catch(() => {}).then(() => this.#underWay.delete(working))
    try {
      return await within(timeLimit, working)
    } catch (cause) {
      if (cause instanceof EngineUnavailable) throw cause
      throw cause === signal.reason ? tooSlow(timeLimit) : unusableFiles(directory, cause)
    }
  }

  /** Resolves when nothing is under way, not even what nobody waits for any more; or when the time is up. */
  async idle(): Promise<void> {
    await within(this.#options.timeLimit, Promise.allSettled(this.#underWay)).catch(() => {})
  }
}

function refuseTooLarge(text = ''): void {
  const size = Buffer.byteLength(text)
  if (size > MOST_BYTES) {
    throw new EngineUnavailable(
      `a session of ${size} bytes is too large for a file; the most is ${MOST_BYTES}`,
    )
  }
}
