import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { KeyvSqlite } from '@keyv/sqlite'
import test, { type ExecutionContext } from 'ava'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import { openSessions } from '../../../src/lib/index.js'
import { root } from '../../support/root.js'
import { ownDatabase } from '../../support/server-process.js'
import { findProgram } from '../../support/servers/machine.js'
import { testOf } from '../../support/test-of.js'

const COMMAND = [process.execPath, 'build/scripts/koa-tessera.js', 'clear-sessions']
/** What runs a command on a terminal of its own. */
const script = findProgram('script')
const terminal = { title: 'on a terminal', missing: script === undefined ? 'bsdutils' : undefined }

class Command {
  output = ''
  errors = ''
  readonly #child
  readonly #ended

  constructor([program = '', ...args]: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(program, args, {
      cwd: root,
      env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...env },
    })
    this.#child.stdout.setEncoding('utf8').on('data', (more: string) => {
      this.output += more
    })
    this.#child.stderr.setEncoding('utf8').on('data', (more: string) => {
      this.errors += more
    })
    this.#ended = once(this.#child, 'close')
  }

  static onTerminal(env: Readonly<Record<string, string>>): Command {
    return new Command([script ?? '', '-qec', COMMAND.join(' '), '/dev/null'], env)
  }

  /** Waits until the command has said so; fails if it ends before. */
  async says(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      const [more] = await Promise.race([once(this.#child.stdout, 'data'), this.#ended])
      if (typeof more !== 'string') throw new Error(`it ended without saying ${text}: ${this.output}`)
    }
  }

  type(keys: string): void {
    this.#child.stdin.write(keys)
  }

  /** The exit code, when the command has ended. */
  async code(): Promise<unknown> {
    return (await this.#ended)[0]
  }
}

/** Settings for a database with so many expired sessions, and one that is alive. */
async function databaseWith(t: ExecutionContext, expired: number): Promise<{ DATABASE_URL: string }> {
  const { DATABASE_URL } = await ownDatabase(t)
  let now = Date.now() - 60_000
  const sessions = await openSessions({ databaseUrl: DATABASE_URL, cleanupInterval: 0, clock: () => now })
  const record = { data: {}, createdAt: now, expires: now + 1000 }
  await Promise.all(Array.from({ length: expired }, () => createIn(sessions.engine, record)))
  now = Date.now()
  await createIn(sessions.engine, { ...record, expires: now + 3_600_000 })
  await sessions.close()
  return { DATABASE_URL }
}

test('it removes what has expired, and says how many went and how long it took, on one line', async (t) => {
  const env = await databaseWith(t, 1200)
  for (const removed of ['1,200 expired sessions', '0 expired sessions']) {
    const command = new Command(COMMAND, env)
    t.is(await command.code(), 0)
    t.is(command.errors, '')
    t.is(command.output.replace(/\d+\.\d/, 'N'), `  ${removed} removed in N s\n`)
  }
})

testOf(terminal, 'a line moves, and makes room for the count at the end', async (t) => {
  const command = Command.onTerminal(await databaseWith(t, 1200))
  t.is(await command.code(), 0)
  t.regex(command.output, /⠋.+ 0 expired sessions removed, 0 a second/)
  t.true(command.output.includes('\u001b[?25h'), 'the cursor is back')
  t.regex(stripVTControlCharacters(command.output), / {2}1,200 expired sessions removed in \d+\.\d s\r\n$/)
})

testOf(terminal, 'Ctrl-C ends it after the batch under way, and it says how many went', async (t) => {
  const env = await databaseWith(t, 1200)
  // Holds the database, and with it the first batch, until Ctrl-C has been pressed.
  const other = new KeyvSqlite(env.DATABASE_URL.replace('sqlite:', 'sqlite://'))
  t.teardown(() => other.disconnect())
  await other.query('BEGIN IMMEDIATE')
  const command = Command.onTerminal({ ...env, ENGINE_TIMEOUT: '60000' })
  await command.says('removed, ')
  command.type('\u0003')
  await command.says('^C')
  await other.query('COMMIT')
  t.is(await command.code(), 130)
  t.regex(
    stripVTControlCharacters(command.output),
    / {2}100 expired sessions removed in \d+\.\d s, then stopped\r\n$/,
  )
  t.deepEqual(await other.query('SELECT count(*) AS count FROM tessera_sessions'), [{ count: 1101 }])
})

test('a store that is down is told in one line, without its password, and the exit code is 1', async (t) => {
  const command = new Command(COMMAND, { DATABASE_URL: 'postgres://tessera:hush@127.0.0.1:1/tessera' })
  t.is(await command.code(), 1)
  t.is(command.output, '')
  t.regex(
    command.errors,
    /^The sessions cannot be opened: the PostgreSQL database 127\.0\.0\.1:1\/tessera .+\n$/,
  )
  t.false(command.errors.includes('hush'))
})

test('--help says what it does; what it does not know is named', async (t) => {
  const help = new Command([...COMMAND, '--help'], {})
  t.is(await help.code(), 0)
  t.regex(help.output, /Removes the sessions that have expired/)
  const unknown = new Command([...COMMAND, '--all'], {})
  t.is(await unknown.code(), 2)
  t.regex(unknown.errors, /^error: unknown option '--all'\n/)
})
