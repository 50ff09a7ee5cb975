import { lstat, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { SessionRecord } from '../../../src/lib/codecs/record.js'
import type { Engine } from '../../../src/lib/engines/engine.js'
import { openFile } from '../../../src/lib/engines/file/file.js'
import { keyOf } from '../../../src/lib/engines/ids.js'
import { temporaryDirectory } from '../../support/server-process.js'

/** The `file` engine on a directory of the test's own. */
export interface FileBench {
  readonly engine: Engine
  readonly filePath: string
  /** Milliseconds since 1970. */
  now: number
  /** Where the session of an id stands, or something else of its: a lock, say. */
  pathOf(id: string, extension?: string): string
  /** A record that lives for a minute. */
  record(data?: SessionRecord['data']): SessionRecord
}

export interface FileBenchOptions {
  readonly filePath?: string
  /** Milliseconds. */
  readonly engineTimeout?: number
}

export async function openFileBench(
  t: ExecutionContext,
  { filePath, engineTimeout = 20_000 }: FileBenchOptions = {},
): Promise<FileBench> {
  const path = filePath ?? join(await temporaryDirectory(t), 'sessions')
  const silent = (): void => {}
  const engine = await openFile(
    { filePath: path, keyPrefix: 'app', engineTimeout },
    { clock: () => bench.now, logger: { warn: silent, error: silent } },
  )
  t.teardown(() => engine.close())
  const bench: FileBench = {
    engine,
    filePath: path,
    now: Date.now(),
    pathOf(id, extension = 'json') {
      const key = keyOf(id)
      return join(path, 'app', key.slice(0, 2), `${key}.${extension}`)
    },
    record: (data = {}) => ({ data, createdAt: bench.now, expires: bench.now + 60_000 }),
  }
  return bench
}

/** What stands in a directory and below it: paths within it, and modes. */
export async function everythingIn(directory: string): Promise<{ path: string; mode: number }[]> {
  const paths = await readdir(directory, { recursive: true })
  return Promise.all(
    paths.map(async (path) => ({ path, mode: (await lstat(join(directory, path))).mode & 0o777 })),
  )
}

/** What a change that was cut off has left. */
export async function leftoversIn(directory: string): Promise<string[]> {
  const paths = await readdir(directory, { recursive: true })
  return paths.filter((path) => !/^\w+(\/\w\w(\/\w+\.json)?)?$/.test(path))
}

/** The names of the session files. */
export async function sessionsIn(directory: string): Promise<string[]> {
  const paths = await readdir(directory, { recursive: true })
  return paths.filter((path) => path.endsWith('.json')).map((path) => basename(path))
}
