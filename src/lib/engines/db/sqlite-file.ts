import { stat } from 'node:fs/promises'
import type { Logger } from '../../logger.js'
import { hasCode } from '../file-system.js'
import { unusable } from './database-error.js'
import type { Query } from './sqlite-dialect.js'

/** How often somebody looks whether the file is still the one that was opened: milliseconds. */
const LOOK_EVERY = 1000

export interface SqliteConnections {
  readonly read: Query
  readonly write: Query
  close(): Promise<void>
}

export interface SqliteFileOptions {
  readonly path: string
  /** The database as errors call it. */
  readonly name: string
  readonly connect: () => Promise<SqliteConnections>
  readonly logger: Logger
}

interface Opened {
  /** Which file it was. */
  readonly file: string
  readonly connections: Promise<SqliteConnections>
}

/**
 * Connections to whichever file stands at a path. SQLite goes on with the file that it has opened when that is removed
 * or another put in its place, and what is written then is lost with the next restart, without a word. So somebody
 * looks now and then: another file is opened, and where there is none the database cannot be used. A new one is not
 * begun, since an empty place is also what a disk that is not mounted leaves behind.
 */
export class SqliteFile implements SqliteConnections {
  readonly #options: SqliteFileOptions
  #opened: Opened
  /** What was put there could not be opened, perhaps because it was still being written. */
  #isBroken = false
  #looked = performance.now()
  #looking: Promise<void> | undefined

  private constructor(options: SqliteFileOptions, opened: Opened) {
    this.#options = options
    this.#opened = opened
  }

  /** @throws EngineUnavailable if there is no file, or it cannot be used. */
  static async open(options: SqliteFileOptions): Promise<SqliteFile> {
    const file = await fileAt(options)
    const connections = options.connect()
    await connections
    return new SqliteFile(options, { file, connections })
  }

  readonly read: Query = async (...statement) => (await this.#connections()).read(...statement)
  readonly write: Query = async (...statement) => (await this.#connections()).write(...statement)

  async close(): Promise<void> {
    const connections = await this.#opened.connections.catch(() => undefined)
    await connections?.close()
  }

  async #connections(): Promise<SqliteConnections> {
    if (performance.now() - this.#looked >= LOOK_EVERY) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined
      })
      await this.#looking
    }
    return this.#opened.connections
  }

  /** Where it finds no file the next call looks again, so that it works as soon as the file is back. */
  async #look(): Promise<void> {
    const { connect, logger, name } = this.#options
    const { file, connections } = this.#opened
    const now = await fileAt(this.#options)
    this.#looked = performance.now()
    if (now === file && !this.#isBroken) return
    if (now !== file) logger.warn({}, `another file stands in the place of ${name}; going on with that one`)
    this.#isBroken = false
    this.#opened = { file: now, connections: connect() }
    this.#opened.connections.catch(() => {
      this.#isBroken = true
    })
    // SQLite leaves alone what is at the path when it closes a file that is there no more.
    connections.then((before) => before.close()).catch(() => {})
  }
}

async function fileAt({ path, name }: SqliteFileOptions): Promise<string> {
  try {
    // A number of 64 bits does not fit into one of JavaScript's.
    const { dev, ino } = await stat(path, { bigint: true })
    return `${dev}:${ino}`
  } catch (cause) {
    const gone = new Error('its file is gone; put it back, or restart to begin with an empty one', { cause })
    throw unusable(name, hasCode(cause, 'ENOENT') ? gone : cause)
  }
}
