import { lstat, mkdir, readdir, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../file-system.js'
import { ResumableScan } from '../resumable-scan.js'
import { isLeftover, removeAll } from './compare-and-set.js'
import { probeIn } from './session-file.js'

/** How old a leftover must be before it is removed, in milliseconds. A change takes less than a thousandth of that. */
const LEFTOVER_AGE = 60_000

const isShard = /^[\w-]{2}$/
const isSession = /^[\w-]+\.json$/

export interface FileSweepOptions {
  readonly directory: string
  /** Ends in time, and throws only `EngineUnavailable`. */
  readonly inTime: <Result>(step: () => Promise<Result>) => Promise<Result>
  /** Removes a session or tombstone if it has expired, and answers whether it did. */
  readonly removeIfExpired: (path: string, now: number) => Promise<boolean>
}

/**
 * Looks at all files and removes what has expired. It looks at one file at a time, since requests need the few threads
 * on which Node does such work. Each scan begins with the directory where the last one stopped, so that sweeps that are
 * cut off do not look at the same living sessions each time.
 */
export class FileSweep {
  readonly #options: FileSweepOptions
  readonly #scan = new ResumableScan(() => this.files())
  #nextShard = ''

  constructor(options: FileSweepOptions) {
    this.#options = options
  }

  /** Removes at most `limit` sessions and tombstones that have expired at `now`; leftovers are not counted. */
  run(limit: number, now: number): Promise<number> {
    return this.#scan.run(limit, now, (path) => this.#options.removeIfExpired(path, now))
  }

  /** The paths of all session files. Removes the leftovers of changes that were cut off. */
  async *files(): AsyncGenerator<string, void> {
    const top = await this.#namesIn('')
    await removeLeftovers(this.#options, '', top)
    for (const shard of this.#fromNext(top.filter((name) => isShard.test(name)))) {
      this.#nextShard = shard
      const names = await this.#namesIn(shard)
      await removeLeftovers(this.#options, shard, names)
      for (const name of names.filter((each) => isSession.test(each))) {
        yield join(this.#options.directory, shard, name)
      }
    }
  }

  /** In order, beginning with the one where the last sweep stopped. */
  #fromNext(shards: readonly string[]): string[] {
    const sorted = shards.toSorted()
    const from = (first: boolean) => sorted.filter((name) => name >= this.#nextShard === first)
    return [...from(true), ...from(false)]
  }

  #namesIn(shard: string): Promise<string[]> {
    const directory = join(this.#options.directory, shard)
    return this.#options.inTime(async () => {
      try {
        return (await lstat(directory)).isDirectory() ? await readdir(directory) : []
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return []
        throw error
      }
    })
  }
}

/** Removes those of the files `names` in a folder of the directory that changes have left over. */
export async function removeLeftovers(
  { directory, inTime }: Pick<FileSweepOptions, 'directory' | 'inTime'>,
  folder: string,
  names: readonly string[],
): Promise<void> {
  const leftovers = names.filter(isLeftover)
  if (leftovers.length === 0) return
  const present = await inTime(() => timeIn(directory))
  for (const name of leftovers) await inTime(() => removeIfOld(join(directory, folder, name), present))
}

/**
 * What time it is for the file system, which may be another machine's: milliseconds since 1970.
 *
 * @throws What the operating system says.
 */
async function timeIn(directory: string): Promise<number> {
  const probe = probeIn(directory)
  await mkdir(probe, { mode: 0o700 })
  const { mtimeMs } = await stat(probe)
  await rmdir(probe)
  return mtimeMs
}

async function removeIfOld(path: string, present: number): Promise<void> {
  try {
    const facts = await lstat(path)
    if (present - facts.mtimeMs > LEFTOVER_AGE) await removeAll(path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}
