import { Worker } from 'node:worker_threads'

/** The number of pages after which SQLite itself would make a checkpoint. */
const PAGES = 1000
const PAGE_SIZE = 4096
/** The table's, the index's, and now and then one above them. */
const PAGES_OF_ROW = 3

/**
 * Makes checkpoints in a thread of their own. A checkpoint copies pages from the write-ahead log into the database and
 * waits for the disk; with a synchronous driver SQLite would do that on the event loop, at the end of some request's
 * write. The thread is started when there is something to copy, and costs nothing until then.
 */
export class Checkpoints {
  readonly #path: string
  /** Runs a statement on the connection that writes. */
  readonly #run: (sql: string) => unknown
  #worker: Worker | undefined
  /** Pages, as estimated, since the last checkpoint began. */
  #written = 0
  /** Resolves when the checkpoint under way has ended. */
  #underWay: Promise<void> | undefined
  #isOff = false

  constructor(path: string, run: (sql: string) => unknown) {
    this.#path = path
    this.#run = run
    run('PRAGMA wal_autocheckpoint = 0')
  }

  /** `rows`: how many a statement has changed. */
  wrote(rows: number, parameters: readonly unknown[]): void {
    this.#written += rows * PAGES_OF_ROW
    for (const text of parameters) if (typeof text === 'string') this.#written += text.length / PAGE_SIZE
    if (this.#written < PAGES || this.#underWay !== undefined || this.#isOff) return
    this.#written = 0
    this.#underWay = this.#checkpoint().finally(() => {
      this.#underWay = undefined
    })
  }

  async stop(): Promise<void> {
    this.#isOff = true
    // A process that has nothing else to do must not end before this has.
    this.#worker?.ref()
    await this.#underWay
    await this.#worker?.terminate()
  }

  async #checkpoint(): Promise<void> {
    try {
      await answerOf(this.#started())
    } catch {
      // There may be no threads here (a missing permission, a runtime without them): then SQLite does it itself.
      const isClosing = this.#isOff
      this.#isOff = true
      if (!isClosing) this.#run(`PRAGMA wal_autocheckpoint = ${PAGES}`)
    }
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(CODE, { eval: true, workerData: this.#path, execArgv: [], env: {} })
    worker.unref()
    // Who waits for an answer hears of it; without a listener of its own, an error between two checkpoints would end the
    // process.
    worker.on('error', () => {})
    worker.once('exit', () => {
      this.#worker = undefined
    })
    this.#worker = worker
    return worker
  }
}

function answerOf(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const exited = (): void => reject(new Error('the thread has ended'))
    const settle = (done: () => void): void => {
      worker.off('message', answered).off('error', reject).off('exit', exited)
      done()
    }
    const answered = (): void => settle(resolve)
    worker.once('message', answered).once('error', reject).once('exit', exited)
    worker.postMessage('checkpoint')
  })
}

/**
 * A passive checkpoint lets others write, so with many writers some pages are always left, and a log with pages left is
 * never begun anew. Where it has become long, the rest is copied while writers are kept out: a few milliseconds, in which
 * their statements try again by a timer. What fails is tried again with the next checkpoint. (Text, as a bundler would
 * lose a file.)
 */
const CODE = `
const { existsSync } = require('node:fs')
const { parentPort, workerData } = require('node:worker_threads')
// What Node 22 says of node:sqlite it has said by now.
process.emitWarning = () => {}
const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
parentPort.on('message', () => {
  let database
  try {
    // A file that was removed must not come back empty.
    if (!existsSync(workerData)) return
    database = new DatabaseSync(workerData)
    database.exec('PRAGMA busy_timeout = 100')
    const { log } = database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()
    if (log > ${4 * PAGES}) database.prepare('PRAGMA wal_checkpoint(RESTART)').get()
  } catch {
  } finally {
    database?.close()
    parentPort.postMessage('done')
  }
})
`
