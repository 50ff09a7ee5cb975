import { stat } from 'node:fs/promises'
import type { Logger } from '../../logger.js'
import { hasCode } from '../file-system.js'
import { unavailable } from './driver.js'
import type { SqliteConnection } from './sqlite-connection.js'

/** Where the statements go. */
export interface SqliteConnections {
  /** Another one than `writer` where a statement waits within the driver: no reader then waits behind a locked writer. */
  readonly reader: SqliteConnection
  readonly writer: SqliteConnection
}

export interface SqliteDatabase {
  /** The connections to use now. */
  connections(): Promise<SqliteConnections>
  close(): Promise<void>
}

/** How often we check that the file is still the one that was opened: milliseconds. */
const CHECK_EVERY = 1000

export interface SqliteFileOptions {
  readonly path: string
  /** The database as errors call it. */
  readonly name: string
  readonly connect: () => Promise<ClosableConnections>
  readonly logger: Logger
}

export interface ClosableConnections extends SqliteConnections {
  close(): Promise<void>
}

interface Opened {
  /** Which file it was: its device and inode. */
  readonly file: string
  readonly connections: Promise<ClosableConnections>
}

/**
 * Connections to the file that is at a path now. When a file is removed or replaced, SQLite goes on with the file that it
 * has opened, and what is written there is lost with the next restart, without an error. So we check once a second:
 * another file is opened, and without a file the database is unavailable. We create no new file then, because a
 * missing file may also mean that its disk is not mounted.
 */
export class SqliteFile implements SqliteDatabase {
  readonly #options: SqliteFileOptions
  #opened: Opened
  /** The new file could not be opened; perhaps it was still being copied. */
  #isBroken = false
  #checkedAt = performance.now()
  #checking: Promise<void> | undefined

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

  async connections(): Promise<SqliteConnections> {
    if (performance.now() - this.#checkedAt >= CHECK_EVERY) {
      this.#checking ??= this.#check().finally(() => {
        this.#checking = undefined
      })
      await this.#checking
    }
    return this.#opened.connections
  }

  async close(): Promise<void> {
    const connections = await this.#opened.connections.catch(() => undefined)
    await connections?.close()
  }

  /** While there is no file, every call checks, so that the first one after its return works. */
  async #check(): Promise<void> {
    const { connect, logger, name } = this.#options
    const { file, connections } = this.#opened
    const now = await fileAt(this.#options)
    this.#checkedAt = performance.now()
    if (now === file && !this.#isBroken) return
    if (now !== file) logger.warn({}, `another file stands in the place of ${name}; going on with that one`)
    this.#isBroken = false
    this.#opened = { file: now, connections: connect() }
    this.#opened.connections.catch(() => {
      this.#isBroken = true
    })
    // Closing the connections to the old file does not touch the file that is at the path now.
    connections.then((before) => before.close()).catch(() => {})
  }
}

async function fileAt({ path, name }: SqliteFileOptions): Promise<string> {
  try {
    // An inode of 64 bits does not fit into a JavaScript number.
    const { dev, ino } = await stat(path, { bigint: true })
    return `${dev}:${ino}`
  } catch (cause) {
    const gone = new Error('its file is gone; put it back, or restart to begin with an empty one', { cause })
    throw unavailable(name, hasCode(cause, 'ENOENT') ? gone : cause)
  }
}
