/**
 * `npm run runtimes`: the package on every runtime that it supports, as a table. `-- --only node24` for one of them, or
 * several; exit code 1 if something fails.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Command, Option } from 'commander'
import { columns, paint } from '../src/lib/commands/terminal.js'
import { root } from '../test/support/root.js'
import { portsOf, type SharedServer } from '../test/support/servers/shared.js'
import { atEnd, run, tell } from './command-line.js'
import { installPackage, installRuntime, type Runtime, runtimes } from './runtimes/install.js'

/** The engines that need no server of their own. Redis is the one that all runtimes share. */
const ENGINES = ['cache', 'SQLite', 'dj.SQLite', 'cached', 'file', 'signed', 'sealed', 'redis']

/** Tests that AVA runs: errors, answers and late writes over HTTP, and what SQLite does when somebody else has the lock. */
const TESTS = [
  ...['errors', 'gone', 'late-changes', 'own-responses', 'redact-cookies'].map(
    (name) => `middleware/${name}`,
  ),
  ...['csrf/tokens', 'engines/db/node-sqlite', 'engines/django/values', 'tracing'],
].map((name) => `test/lib/${name}.test.ts`)
const TESTS_OF_SQLITE = ['test/system/outages/sqlite.test.ts', 'test/system/races/processes.test.ts']

interface Check {
  readonly name: string
  readonly command: readonly string[]
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
  /** Why it is not done on this runtime. */
  readonly lacks?: string | undefined
}

const NO_NODE_SQLITE = 'Node 20 has no node:sqlite: db and cached_db on SQLite need @keyv/sqlite there'
const NO_AVA = 'AVA runs on Node alone; the installed package is tried over HTTP all the same'

function checksOf({ hasNodeSqlite, isNode }: Runtime, folder: string): readonly Check[] {
  const driver = hasNodeSqlite ? 'node:sqlite' : 'sqlite3'
  const engines = ['cache', 'file', 'signed_cookies', ...(hasNodeSqlite ? ['db', 'cached_db'] : [])]
  const env = { SQLITE_DRIVER: driver }
  const conformance = (names: readonly string[]): string[] => [
    'build/scripts/conformance.js',
    ...names.flatMap((name) => ['--engine', name]),
  ]
  return [
    { name: 'installed package over HTTP', command: ['http.mjs', ...engines], folder },
    { name: 'conformance', command: conformance(ENGINES), folder: root, env },
    {
      name: 'conformance, sqlite3',
      command: conformance(['SQLite']),
      folder: root,
      env: { SQLITE_DRIVER: 'sqlite3' },
    },
    {
      name: 'HTTP suite',
      command: ['node_modules/ava/entrypoints/cli.mjs', ...TESTS, ...TESTS_OF_SQLITE],
      folder: root,
      env: { ...env, TEST_ENGINES: 'cache,SQLite,sealed' },
      lacks: isNode ? undefined : NO_AVA,
    },
    { name: 'walkthrough', command: ['build/scripts/walkthrough.js', '--fast'], folder: root },
  ]
}

interface Outcome {
  readonly isRight: boolean
  readonly seconds: number
  readonly output: string
}

/** No check takes so long on a busy machine: milliseconds. */
const LONGEST = 300_000

async function outcomeOf(program: readonly string[], check: Check, servers: string): Promise<Outcome> {
  const [file = '', ...args] = [...program, ...check.command]
  const since = performance.now()
  const child = spawn(file, args, {
    cwd: check.folder,
    env: { ...process.env, TEST_SERVERS: servers, CI: '', ...check.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST,
    killSignal: 'SIGKILL',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part) => {
      output += part
    })
  const [code] = await once(child, 'close')
  return { isRight: code === 0, seconds: (performance.now() - since) / 1000, output }
}

/** The servers of `test/support`, for the processes that are started here. */
async function startServers(): Promise<string> {
  const server = createServer(async ({ url = '/' }, response) => {
    try {
      response.end(JSON.stringify(await portsOf(url.slice(1) as SharedServer)))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(() => server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** Of the output of what failed. */
const LINES = 60

async function tryAll(chosen: readonly Runtime[]): Promise<void> {
  const folder = await installPackage()
  const servers = await startServers()
  const rows: string[][] = []
  const notes = new Set<string>()
  for (const runtime of chosen) {
    const program = await installRuntime(runtime)
    if (!runtime.hasNodeSqlite) notes.add(`${runtime.name}: ${NO_NODE_SQLITE}`)
    for (const check of checksOf(runtime, folder)) {
      tell(`${runtime.name}: ${check.name}`)
      if (check.lacks !== undefined) {
        notes.add(`${runtime.name}, ${check.name}: ${check.lacks}`)
        rows.push([runtime.name, check.name, '–'])
        continue
      }
      const { isRight, seconds, output } = await outcomeOf(program, check, servers)
      const verdict = isRight ? paint('green', 'right') : paint('red', 'FAILS')
      rows.push([runtime.name, check.name, `${verdict}, ${seconds.toFixed(0)} s`])
      if (isRight) continue
      process.exitCode = 1
      tell()
      console.error(
        `\n${runtime.name}, ${check.name}:\n${output.trimEnd().split('\n').slice(-LINES).join('\n')}`,
      )
    }
  }
  tell()
  console.log(`\n${columns(rows).join('\n')}\n`)
  for (const note of notes) console.log(note)
}

const { only } = new Command('npm run runtimes --')
  .description('Tries the package on every runtime that it supports, each installed in var/runtimes.')
  .addOption(new Option('--only <name...>', 'these alone').choices(runtimes.map(({ name }) => name)))
  .allowExcessArguments(false)
  .parse()
  .opts<{ readonly only?: readonly string[] }>()

await run(() => tryAll(runtimes.filter(({ name }) => only?.includes(name) ?? true)))
process.exit()
