import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { ownDatabase, ServerProcess, temporaryDirectory } from '../support/server-process.js'

/** Lets a server keep connections for the next request for longer than it waits for the last answer to go out. */
const KEEPING_ALIVE = `data:text/javascript,${encodeURIComponent(`
  import http from 'node:http'
  import { syncBuiltinESMExports } from 'node:module'
  const { createServer } = http
  http.createServer = (...args) => Object.assign(createServer(...args), { keepAliveTimeout: 600_000 })
  syncBuiltinESMExports()
`)}`

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** A request that runs until its body's last byte, `x`, has come. */
async function openRequest(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).setEncoding('utf8')
  await once(socket, 'connect')
  socket.write(
    'POST /cookies/page-count/start-again HTTP/1.1\r\nHost: test\r\nSec-Fetch-Site: same-origin\r\n' +
      'Expect: 100-continue\r\n' +
      'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1\r\n\r\n',
  )
  // "100 Continue": the request is with the server, which now waits for the body.
  await once(socket, 'data')
  return socket
}

for (const signal of SIGNALS) {
  test(`${signal} lets a running request finish, closes every other connection and exits with 0`, async (t) => {
    const env = { ...(await ownDatabase(t)), NODE_OPTIONS: `--import=${KEEPING_ALIVE}` }
    const server = ServerProcess.start(t, env)
    const url = await server.url()
    await (await fetch(`${url}/healthz`)).text()
    const unused = connect(Number(new URL(url).port), '127.0.0.1')
    await once(unused, 'connect')
    const running = await openRequest(url)

    server.kill(signal)
    await server.says(new RegExp(`${signal}: finishing`))
    running.write('x')
    const [answer] = await once(running, 'data')
    t.regex(String(answer), /^HTTP\/1\.1 303 /)
    t.is(await server.exit(), 0, 'the answered connection was kept alive')
    t.is(server.stderr, '')
  })
}

test('the database is closed in order: nothing is left but itself and the library’s catalogue', async (t) => {
  const directory = await temporaryDirectory(t)
  const server = ServerProcess.start(t, { DATABASE_URL: `sqlite:${join(directory, 'sessions.sqlite')}` })
  await (await fetch(`${await server.url()}/sessions/page-count`)).text()
  t.true((await readdir(directory)).includes('sessions.sqlite-wal'))
  server.kill('SIGTERM')
  t.is(await server.exit(), 0)
  t.deepEqual((await readdir(directory)).sort(), ['library.sqlite', 'sessions.sqlite'])
})

test('a server that is stopping takes no new connection', async (t) => {
  const server = ServerProcess.start(t, await ownDatabase(t))
  const url = await server.url()
  const running = await openRequest(url)
  server.kill('SIGTERM')
  await server.says(/SIGTERM: finishing/)

  await t.throwsAsync(fetch(`${url}/healthz`))
  running.write('x')
  t.is(await server.exit(), 0)
})

test('a signal that arrives twice at once, as under npm, is one', async (t) => {
  const server = ServerProcess.start(t, await ownDatabase(t))
  const running = await openRequest(await server.url())
  server.kill('SIGINT')
  server.kill('SIGTERM')
  await server.says(/finishing/)
  running.write('x')
  const [answer] = await once(running, 'data')
  t.regex(String(answer), /^HTTP\/1\.1 303 /)
  t.is(await server.exit(), 0)
})

test('signals that go on end the process though a request is still running, with exit code 1', async (t) => {
  const server = ServerProcess.start(t, await ownDatabase(t))
  const running = await openRequest(await server.url())
  running.on('error', () => {})
  const insisting = setInterval(() => server.kill('SIGTERM'), 100)
  t.is(await server.exit(), 1)
  clearInterval(insisting)
  t.regex(server.stdout, /SIGTERM again; what was still running is cut off/)
})

test('the start is announced with the address, the engine and where it stores', async (t) => {
  const env = await ownDatabase(t)
  const server = ServerProcess.start(t, env)
  await server.url()
  await server.says(/environment +development\n/)
  t.true(server.stdout.includes(`db, in ${env.DATABASE_URL}`))
})

test('in production the log is JSON, the start included', async (t) => {
  const server = ServerProcess.start(t, {
    ...(await ownDatabase(t)),
    NODE_ENV: 'production',
    SECRET_KEY: 'only for this test, and long enough',
  })
  const url = await server.url()
  const [line] = await server.says(/.*listening.*\n/)
  t.like(JSON.parse(line), { msg: 'listening', url, engine: 'db', environment: 'production' })
})

for (const environment of ['memory', 'shortlived']) {
  test(`NODE_ENV=${environment} starts as it is`, async (t) => {
    const server = ServerProcess.start(t, { ...(await ownDatabase(t)), NODE_ENV: environment })
    const url = await server.url()
    const page = await (await fetch(url)).text()
    t.true(page.includes(`<b>${environment}</b>`))
    if (environment === 'memory') t.true(page.includes('<b>cache</b> engine'))
    t.true((await (await fetch(new URL('settings', url))).text()).includes(`config/${environment}.json5`))
  })
}

test('a taken port is one clear line and exit code 1', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const address = other.address()
  const port = String(typeof address === 'object' ? address?.port : address)

  const server = ServerProcess.start(t, { ...(await ownDatabase(t)), PORT: port })
  t.is(await server.exit(), 1)
  t.regex(server.stderr, new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is taken: .*\n$`))
})

test('a host that is not this machine is one clear line and exit code 1', async (t) => {
  const server = ServerProcess.start(t, { ...(await ownDatabase(t)), HOST: '192.0.2.1' })
  t.is(await server.exit(), 1)
  t.regex(server.stderr, /^HOST=192\.0\.2\.1 is no address of this machine: .*\n$/)
})

test('an unusable database path is one clear line and exit code 1', async (t) => {
  // A directory cannot be opened as a database.
  const path = await temporaryDirectory(t)
  const server = ServerProcess.start(t, { DATABASE_URL: `sqlite:${path}` })
  t.is(await server.exit(), 1)
  t.regex(server.stderr, /^The sessions cannot be opened: .*\n$/)
  t.true(server.stderr.includes(path))
})

test('a database under a file that is no directory is one clear line and exit code 1', async (t) => {
  const server = ServerProcess.start(t, {
    DATABASE_URL: `sqlite:${join(process.execPath, 'sessions.sqlite')}`,
  })
  t.is(await server.exit(), 1)
  t.regex(server.stderr, /^The sessions cannot be opened: .*\n$/)
})

test('a wrong setting stops the start with its name and value, and no stack trace', async (t) => {
  const server = ServerProcess.start(t, { ...(await ownDatabase(t)), COOKIE_AGE: 'abc' })
  t.is(await server.exit(), 1)
  t.regex(server.stderr, /COOKIE_AGE/)
  t.regex(server.stderr, /abc/)
  t.notRegex(server.stderr, /^\s+at /m)
})
