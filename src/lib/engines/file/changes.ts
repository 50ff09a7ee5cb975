import { KeyedMutex, within } from '../concurrency.js'
import { EngineMisconfigured, EngineUnavailable, RecordRefused } from '../errors.js'
import { compareAndSet } from './compare-and-set.js'
import {
  insertFile,
  MAX_BYTES,
  type NewFile,
  readSessionFile,
  retimeSessionFile,
  type SessionFile,
} from './session-file.js'

/** How much of the time limit to wait for one holder of a lock. */
const WAIT_SHARE = 0.1
/** And the longest, in milliseconds: many times what a change takes. */
const LONGEST_WAIT = 200

/** Decides from what a file holds what to do with it: `leave` it, or make it hold `after` (`undefined`: remove it). */
export type Decide = (before: SessionFile) => Change
export type Change = 'leave' | { readonly after: NewFile | undefined }

export interface FileChangesOptions {
  /** For messages. */
  readonly directory: string
  /** How long one step may take, in milliseconds. */
  readonly timeLimit: number
}

/**
 * Changes files by compare-and-set: read, decide, set; and again from the start if another writer came in between.
 * Writers of this process that want to change the same file wait for each other; writers of other processes meet in
 * `compareAndSet`. Every failure is thrown as `EngineUnavailable`, in time, except for a record that is too large.
 */
export class FileChanges {
  readonly #options: FileChangesOptions
  readonly #lockWait: number
  readonly #mutex = new KeyedMutex()
  readonly #underWay = new Set<Promise<unknown>>()

  constructor(options: FileChangesOptions) {
    this.#options = options
    this.#lockWait = Math.min(LONGEST_WAIT, options.timeLimit * WAIT_SHARE)
  }

  /** Answers whether the file is new. It needs no mutex. */
  insert(path: string, content: NewFile): Promise<boolean> {
    return this.inTime(async (signal) => this.insertWithin(path, content, signal))
  }

  /** Answers whether the file was changed. */
  change(path: string, decide: Decide): Promise<boolean> {
    return this.runExclusive(path, (signal) => this.changeWithin(path, decide, signal))
  }

  /**
   * The same where the new content is known beforehand. The file is read once, while nobody else can change it, rather than
   * before that too.
   */
  replace(path: string, after: NewFile, isExpected: (before: SessionFile) => boolean): Promise<boolean> {
    return this.runExclusive(path, async (signal) => {
      refuseTooLarge(after)
      const change = { path, isExpected, after, lockWait: this.#lockWait, signal }
      if (await compareAndSet(change)) return true
      // It is not as expected, or another writer came in between.
      return this.changeWithin(path, (before) => (isExpected(before) ? { after } : 'leave'), signal)
    })
  }

  /** Gives the file another time of modification, where `decide` answers one. It needs no mutex. */
  retime(path: string, decide: (file: SessionFile) => number | undefined): Promise<boolean> {
    return this.inTime(() => retimeSessionFile(path, decide))
  }

  /** Runs a step of several changes while no other writer of this process changes this file. */
  runExclusive(path: string, step: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
    return this.inTime((signal) =>
      this.#mutex.runExclusive(path, () => {
        signal.throwIfAborted()
        return step(signal)
      }),
    )
  }

  /** A new file, within such a step; throws whatever comes. */
  insertWithin(path: string, content: NewFile, signal: AbortSignal): Promise<boolean> {
    refuseTooLarge(content)
    return insertFile(path, content, signal)
  }

  /** One change, within such a step; throws whatever comes. */
  async changeWithin(path: string, decide: Decide, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const before = await readSessionFile(path)
      if (before === undefined) return false
      const change = decide(before)
      if (change === 'leave') return false
      refuseTooLarge(change.after)
      const { after } = change
      const isExpected = ({ text }: SessionFile): boolean => text === before.text
      if (await compareAndSet({ path, isExpected, after, lockWait: this.#lockWait, signal })) return true
      signal.throwIfAborted()
    }
  }

  /**
   * Runs `work` within the time limit. A call that hangs in the operating system cannot be stopped; the signal keeps it
   * from committing anything when it goes on later.
   */
  async inTime<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { timeLimit, directory } = this.#options
    const controller = new AbortController()
    const working = work(controller.signal)
    this.#underWay.add(working)
    void working.catch(() => {}).then(() => this.#underWay.delete(working))
    try {
      return await within(timeLimit, working)
    } catch (cause) {
      controller.abort(cause)
      if (cause instanceof EngineUnavailable || cause instanceof RecordRefused) throw cause
      throw unusableFiles(directory, cause)
    }
  }

  /** Resolves when nothing is under way, not even work that nobody waits for any more; or when the time is up. */
  async idle(): Promise<void> {
    await within(this.#options.timeLimit, Promise.allSettled(this.#underWay)).catch(() => {})
  }
}

function refuseTooLarge(content: NewFile | undefined): void {
  const size = Buffer.byteLength(content?.text ?? '')
  if (size > MAX_BYTES) {
    throw new RecordRefused(`a session of ${size} bytes is too large for a file; the most is ${MAX_BYTES}`)
  }
}

/** The error for files in `directory` that cannot be used. */
export function unusableFiles(directory: string, cause: unknown): Error {
  if (cause instanceof EngineMisconfigured) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  return new EngineUnavailable(`the session files in ${directory} cannot be used: ${why}`, { cause })
}
