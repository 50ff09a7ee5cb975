import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isId } from '../ids.js'
import { ResumableScan } from '../resumable-scan.js'
import { type FileSweepOptions, removeLeftovers } from './sweep.js'

export interface DjangoFileSweepOptions extends FileSweepOptions {
  /** What each session's file begins with. */
  readonly prefix: string
}

/** Removes what has expired among Django's session files, which stand in one directory. Other files there stay. */
export class DjangoFileSweep {
  readonly #options: DjangoFileSweepOptions
  readonly #scan = new ResumableScan(() => this.#files())

  constructor(options: DjangoFileSweepOptions) {
    this.#options = options
  }

  /** Removes at most `limit` sessions. */
  run(limit: number, now: number): Promise<number> {
    return this.#scan.run(limit, now, (path) => this.#options.removeIfExpired(path, now))
  }

  async *#files(): AsyncGenerator<string, void> {
    const { directory, prefix, inTime } = this.#options
    const all = await inTime(() => readdir(directory))
    const names = all.filter((name) => name.startsWith(prefix))
    await removeLeftovers(this.#options, '', names)
    for (const name of names) if (isId(name.slice(prefix.length))) yield join(directory, name)
  }
}
