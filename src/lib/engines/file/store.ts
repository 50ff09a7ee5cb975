import { basename } from 'node:path'
import { metadataOf, storedEntryOf, withExpiry } from '../../codecs/codec.js'
import type { Move, SessionStore, StoredEntry, Version } from '../session-store.js'
import { type Decide, FileChanges } from './changes.js'
import { erase, fileOf, readSessionFile } from './session-file.js'
import { FileSweep } from './sweep.js'

export interface FileStoreOptions {
  /** The directory of this application's sessions. */
  readonly directory: string
  /** Every key begins with it: the key prefix and a colon. */
  readonly prefix: string
  /** How long one step may take, in milliseconds. */
  readonly timeLimit: number
}

const LEAVE = 'leave'
const GONE = { after: undefined }

/**
 * Sessions in files, one each: `<first two characters of the key>/<key>.json`. This class has the condition of each
 * change; `FileChanges` makes each change atomic.
 */
export class FileStore implements SessionStore {
  readonly #options: FileStoreOptions
  readonly #changes: FileChanges
  readonly #sweep: FileSweep

  constructor(options: FileStoreOptions) {
    const changes = new FileChanges(options)
    this.#options = options
    this.#changes = changes
    this.#sweep = new FileSweep({
      directory: options.directory,
      inTime: (step) => changes.inTime(step),
      removeIfExpired: (path, now) => changes.change(path, ifExpired(now)),
    })
  }

  async read(key: string): Promise<StoredEntry | undefined> {
    const file = await this.#changes.inTime(() => readSessionFile(this.#pathOf(key)))
    return file && storedEntryOf(file.text)
  }

  insert(key: string, { text }: StoredEntry): Promise<boolean> {
    return this.#changes.insert(this.#pathOf(key), { text })
  }

  replace(key: string, { text }: StoredEntry, version: Version, now: number): Promise<boolean> {
    return this.#changes.replace(
      this.#pathOf(key),
      { text },
      ({ text: before }) => aliveVersion(before, now) === version,
    )
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#changes.change(this.#pathOf(key), ({ text }) =>
      aliveVersion(text, now) === undefined ? LEAVE : { after: { text: withExpiry(text, expires) } },
    )
  }

  /**
   * The new entry first, then the tombstone, which commits. If the process ends in between, the session stays under the
   * old id, and the entry under the new id expires: no answer has carried that id, so nobody can ask for it. In the
   * other order the session would be lost (S09).
   */
  move({ from, to, entry, tombstone }: Move, version: Version, now: number): Promise<boolean> {
    const source = this.#pathOf(from)
    const target = this.#pathOf(to)
    const decide = ifAlive(tombstone.text, version, now)
    return this.#changes.runExclusive(source, async (signal) => {
      const before = await readSessionFile(source)
      if (before === undefined || decide(before) === LEAVE) return false
      if (!(await this.#changes.insertWithin(target, { text: entry.text }, signal))) return false
      let moved = false
      try {
        moved = await this.#changes.changeWithin(source, decide, signal)
      } finally {
        if (!moved) await erase(target)
      }
      return moved
    })
  }

  remove(key: string): Promise<boolean> {
    return this.#changes.change(this.#pathOf(key), ({ text }) =>
      metadataOf(text)?.kind === 'session' ? GONE : LEAVE,
    )
  }

  removeExpired(limit: number, now: number): Promise<number> {
    return this.#sweep.run(limit, now)
  }

  async *keys(): AsyncGenerator<readonly string[], void> {
    for await (const path of this.#sweep.files()) yield [`${this.#options.prefix}${basename(path, '.json')}`]
  }

  close(): Promise<void> {
    return this.#changes.idle()
  }

  #pathOf(key: string): string {
    const { directory, prefix } = this.#options
    return fileOf(directory, prefix, key)
  }
}

/** The version of a session that is alive. */
function aliveVersion(text: string, now: number): number | undefined {
  const metadata = metadataOf(text)
  return metadata?.kind === 'session' && metadata.expires > now ? metadata.version : undefined
}

function ifAlive(after: string, version: Version, now: number): Decide {
  return ({ text }) => (aliveVersion(text, now) === version ? { after: { text: after } } : LEAVE)
}

function ifExpired(now: number): Decide {
  return ({ text }) => {
    const metadata = metadataOf(text)
    return metadata !== undefined && metadata.expires <= now ? GONE : LEAVE
  }
}
