/**
 * `npm run path`: how much of the package one request passes, on SQLite. Counts the files of `src/lib` and the functions
 * in them that a read request and a write request call, by V8's precise coverage. Callbacks without a name are not
 * counted: they are part of the function that they stand in. `--list` names everything. Exit code 1 if a request passes
 * more than the goal allows.
 */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, createServer, get, type IncomingMessage } from 'node:http'
import { Session as Inspector, type Profiler } from 'node:inspector'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import Koa from 'koa'
import { openSessions } from '../src/lib/index.js'

interface Count {
  readonly files: number
  readonly functions: number
}

/** `before`: what it was when the goals were set. */
const goals: Readonly<Record<'read' | 'write', { readonly goal: Count; readonly before: Count }>> = {
  read: { goal: { files: 20, functions: 60 }, before: { files: 31, functions: 96 } },
  write: { goal: { files: 26, functions: 95 }, before: { files: 37, functions: 149 } },
}

/** Requests of each kind before one is counted: connections are open then, statements prepared, caches filled. */
const WARM_UP = 10
/** Between two requests, for work that the store does after a response: milliseconds. */
const REST = 50
/** By which the sessions' clock moves on with each request: what is kept for a second is made anew. Milliseconds. */
const TICK = 1000

const { list = false } = new Command('npm run path --')
  .description('Counts the files and functions of the package that one request passes, on SQLite.')
  .option('--list', 'name the files and their functions')
  .allowExcessArguments(false)
  .parse()
  .opts<{ list?: true }>()

/** Where the compiled package is. */
const lib = new URL('../src/lib/', import.meta.url).href

/** The names of the functions that were called, by file; a callback's is empty. */
type Path = ReadonlyMap<string, readonly string[]>

function measure(inspector: Inspector): Path {
  let found: Profiler.ScriptCoverage[] = []
  // Within one process, the answer comes before `post` returns. Asking sets all counters to 0.
  inspector.post('Profiler.takePreciseCoverage', (_error, { result }) => {
    found = result
  })
  const path = new Map<string, string[]>()
  for (const { url, functions } of found.filter(({ url }) => url.startsWith(lib))) {
    const called = functions.filter(({ ranges: [whole] }) => (whole?.count ?? 0) > 0)
    if (called.length === 0) continue
    const names = called.map(({ functionName }) => functionName)
    path.set(url.slice(lib.length).replace(/\.js$/, '.ts'), names)
  }
  return path
}

function countOf(path: Path): Count & { readonly callbacks: number } {
  const names = [...path.values()].flat()
  const functions = names.filter((name) => name !== '').length
  return { files: path.size, functions, callbacks: names.length - functions }
}

/** The files and their functions, a line each. */
function lines(path: Path): string[] {
  return [...path].sort().map(([file, all]) => {
    const names = all.filter((name) => name !== '')
    const callbacks = all.length - names.length
    return `  ${file} (${names.length}): ${names.join(', ')}${callbacks > 0 ? `; callbacks: ${callbacks}` : ''}`
  })
}

/** The path of one request of each kind. */
async function requestPaths(directory: string): Promise<Record<'read' | 'write', Path>> {
  let now = Date.now()
  const sessions = await openSessions({
    engine: 'db',
    databaseUrl: `sqlite:${join(directory, 'sessions.sqlite')}`,
    secretKey: 'a key for this measurement, which protects nothing',
    cleanupInterval: 0,
    clock: () => now,
  })
  const app = new Koa()
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    const session = await ctx.session
    if (ctx.path === '/write') session.set('n', Number(ctx.query.n))
    ctx.body = String(session.get('n'))
  })

  const inspector = new Inspector()
  inspector.connect()
  inspector.post('Profiler.enable')
  inspector.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  let path: Path = new Map()
  const respond = app.callback()
  const server = createServer((request, response) => {
    response.once('close', () => {
      path = measure(inspector)
    })
    measure(inspector)
    respond(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  const { port } = server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true })
  let cookie = ''
  let n = 0
  const request = async (kind: 'read' | 'write'): Promise<Path> => {
    now += TICK
    if (kind === 'write') n++
    const asked = get({ port, host: '127.0.0.1', agent, path: `/${kind}?n=${n}`, headers: { cookie } })
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const body = (await response.setEncoding('utf8').toArray()).join('')
    if (response.statusCode !== 200 || body !== String(n)) {
      throw new Error(`${kind}: ${response.statusCode} ${body}, not 200 ${n}`)
    }
    const [set] = response.headers['set-cookie'] ?? []
    cookie = set?.split(';')[0] ?? cookie
    await pause(REST)
    return path
  }
  await request('write')
  for (let number = 0; number < WARM_UP; number++) {
    await request('read')
    await request('write')
  }
  const paths = { read: await request('read'), write: await request('write') }
  agent.destroy()
  server.close()
  inspector.disconnect()
  await sessions.close()
  return paths
}

const directory = await mkdtemp(join(tmpdir(), 'tessera-path-'))
try {
  const paths = await requestPaths(directory)
  for (const kind of ['read', 'write'] as const) {
    const { files, functions, callbacks } = countOf(paths[kind])
    const { goal, before } = goals[kind]
    const met = files <= goal.files && functions <= goal.functions
    if (!met) process.exitCode = 1
    if (list) for (const line of lines(paths[kind])) console.log(line)
    console.log(
      `${kind}: ${files} files, ${functions} functions and ${callbacks} callbacks; goal: at most ${goal.files} and ${goal.functions} ` +
        `(before: ${before.files}, ${before.functions}): ${met ? 'met' : 'missed'}`,
    )
  }
} finally {
  await rm(directory, { recursive: true })
}
