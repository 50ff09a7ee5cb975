import { join, resolve } from 'node:path'
import { type DictTools, expiryOf } from '../../codecs/django/session-dict.js'
import { within } from '../concurrency.js'
import type { DjangoRow, DjangoStore, Moved } from '../django/django-store.js'
import { isId } from '../ids.js'
import { FileChanges, unusableFiles } from './changes.js'
import { DjangoFileSweep } from './django-file-sweep.js'
import { prepareDirectory } from './file.js'
import { erase, type NewFile, readSessionFile, type SessionFile } from './session-file.js'

export interface DjangoFilesOptions {
  /** Django's `SESSION_FILE_PATH`. */
  readonly filePath: string
  /** What each file's name begins with: Django's `SESSION_COOKIE_NAME`. */
  readonly cookieName: string
  /** How long a session lives from when its file was written, in seconds: Django's `SESSION_COOKIE_AGE`. */
  readonly cookieAge: number
  /** Milliseconds. */
  readonly engineTimeout: number
  /** Whether a directory that is missing is an error, rather than made. Default: no. */
  readonly mustExist?: boolean
  readonly tools: DictTools
}

/**
 * The files of Django's `file` backend: `<cookie's name><key>`, and each ends at its own expiry, counted from when the file
 * was written. So a session that is to end at another time gets a file with another time of modification.
 *
 * Writers of ours exclude each other by compare-and-set. Django knows no lock: it puts a new file in the place of the old
 * one. A change of ours that comes between our last look at a file and our putting another in its place, some microseconds,
 * is lost, and so is one of ours between Django's reading and its saving. And Django's saving gives a session back that
 * was ended after Django had looked whether it is there.
 *
 * @throws EngineUnavailable if the directory cannot be used; the message says why.
 */
export async function openDjangoFiles(options: DjangoFilesOptions): Promise<DjangoStore> {
  const directory = resolve(options.filePath)
  try {
    await within(options.engineTimeout, prepareDirectory(directory, options))
  } catch (cause) {
    throw unusableFiles(directory, cause)
  }
  return new DjangoFiles(directory, options)
}

class DjangoFiles implements DjangoStore {
  readonly #directory: string
  readonly #options: DjangoFilesOptions
  readonly #changes: FileChanges
  readonly #sweep: DjangoFileSweep

  constructor(directory: string, options: DjangoFilesOptions) {
    const changes = new FileChanges({ directory, timeLimit: options.engineTimeout })
    this.#directory = directory
    this.#options = options
    this.#changes = changes
    this.#sweep = new DjangoFileSweep({
      directory,
      prefix: options.cookieName,
      inTime: (step) => changes.inTime(step),
      // As Django does: what nobody has signed ends when an empty session of its age would.
      removeIfExpired: (path, now) =>
        changes.change(path, (file) => (this.#endOf(file) < now ? { after: undefined } : 'leave')),
    })
  }

  async read(key: string): Promise<DjangoRow | undefined> {
    const file = await this.#changes.inTime(() => readSessionFile(this.#pathOf(key)))
    return file && { text: file.text, expires: this.#endOf(file) }
  }

  insert(key: string, row: DjangoRow): Promise<boolean> {
    return this.#changes.insert(this.#pathOf(key), this.#fileOf(row))
  }

  replace(key: string, row: DjangoRow, before: string, now: number): Promise<boolean> {
    return this.#changes.replace(this.#pathOf(key), this.#fileOf(row), (file) =>
      this.#isStill(file, before, now),
    )
  }

  /**
   * The new file first, then the old one is removed, which commits. If the process ends in between, the session stays under
   * the old id, and nobody knows the new one. In the other order the session would be lost (S09).
   */
  async move(
    { from, to }: { readonly from: string; readonly to: string },
    row: DjangoRow,
    before: string,
    now: number,
  ): Promise<Moved> {
    const [source, target] = [this.#pathOf(from), this.#pathOf(to)]
    let isTaken = false
    const isMoved = await this.#changes.runExclusive(source, async (signal) => {
      const present = await readSessionFile(source)
      if (present === undefined || !this.#isStill(present, before, now)) return false
      isTaken = !(await this.#changes.insertWithin(target, this.#fileOf(row), signal))
      if (isTaken) return false
      let isRemoved = false
      try {
        isRemoved = await this.#changes.changeWithin(
          source,
          (file) => (this.#isStill(file, before, now) ? { after: undefined } : 'leave'),
          signal,
        )
      } finally {
        if (!isRemoved) await erase(target)
      }
      return isRemoved
    })
    if (isMoved) return 'moved'
    return isTaken ? 'taken' : 'refused'
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#changes.retime(this.#pathOf(key), (file) =>
      this.#endOf(file) > now ? (this.#fileOf({ text: file.text, expires }).modified ?? now) : undefined,
    )
  }

  remove(key: string): Promise<boolean> {
    return this.#changes.change(this.#pathOf(key), () => ({ after: undefined }))
  }

  removeExpired(limit: number, now: number): Promise<number> {
    return this.#sweep.run(limit, now)
  }

  close(): Promise<void> {
    return this.#changes.idle()
  }

  /** @throws TypeError if the key could lead to another file. */
  #pathOf(key: string): string {
    if (!isId(key)) throw new TypeError('a session of Django has a key of 32 letters a-z and digits')
    return join(this.#directory, `${this.#options.cookieName}${key}`)
  }

  #isStill(file: SessionFile, before: string, now: number): boolean {
    return file.text === before && this.#endOf(file) > now
  }

  /** Milliseconds since 1970. */
  #endOf({ text, modified }: SessionFile): number {
    const { span, moment = Infinity } = this.#lifeOf(text)
    return Math.min(moment, modified + span)
  }

  #fileOf({ text, expires }: DjangoRow): NewFile {
    const { span, moment } = this.#lifeOf(text)
    return { text, ...(expires !== moment && { modified: expires - span }) }
  }

  #lifeOf(text: string): Life {
    const expiry = expiryOf(text, this.#options.tools)
    if (typeof expiry === 'string') return { span: LONGEST_SPAN, moment: Date.parse(expiry) }
    // 0 is for the browser alone: the file lives on.
    return { span: (expiry || this.#options.cookieAge) * 1000 }
  }
}

/** When a session ends that was written at one time. */
interface Life {
  /** Milliseconds from when the file was written. */
  readonly span: number
  /** Milliseconds since 1970: the end, unless the other comes first. */
  readonly moment?: number
}

/**
 * Django does not ask how old a file is that ends at a moment. So a timeout of ours that comes before it can stand there: as
 * the age of a file that was written so long before the end. Ten years, in milliseconds.
 */
const LONGEST_SPAN = 315_360_000_000
