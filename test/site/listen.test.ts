import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { listen, makeServer, type ServerLimits } from '../../src/site/process/listen.js'
import { loadSiteSettings } from '../../src/site/settings.js'
import { ownDatabase, ServerProcess, temporaryDirectory } from '../support/server-process.js'

const NONE: ServerLimits = {
  requestTimeout: 600,
  headersTimeout: 600,
  keepAliveTimeout: 600,
  maxConnections: 1000,
}

/** Serves `ok` once a request's body has come. */
async function serverWith(t: ExecutionContext, limits: Partial<ServerLimits>): Promise<number> {
  const server = makeServer((req, res) => req.resume().once('end', () => res.end('ok')), {
    ...NONE,
    ...limits,
  })
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return Number(new URL(await listen(server, { host: '127.0.0.1', port: 0 })).port)
}

async function connected(t: ExecutionContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  t.teardown(() => socket.destroy())
  // That it is reset is one of the ways in which it ends.
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Everything that the server says until it ends the connection. */
async function until(socket: Socket): Promise<string> {
  let said = ''
  socket.on('data', (text: string) => {
    said += text
  })
  await once(socket, 'close')
  return said
}

test('a client that does not finish its headers in time is answered 408', async (t) => {
  const socket = await connected(t, await serverWith(t, { headersTimeout: 1 }))
  socket.write('GET / HTTP/1.1\r\nHost: test\r\nX-Slow: ')
  t.regex(await until(socket), /^HTTP\/1\.1 408 /)
})

test('a client that does not finish its request in time is answered 408', async (t) => {
  const socket = await connected(t, await serverWith(t, { headersTimeout: 1, requestTimeout: 1 }))
  socket.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\n12')
  t.regex(await until(socket), /^HTTP\/1\.1 408 /)
})

test('an idle connection is closed', async (t) => {
  const socket = await connected(t, await serverWith(t, { keepAliveTimeout: 1 }))
  socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  t.regex(await until(socket), /^HTTP\/1\.1 200 .*Keep-Alive: timeout=1\r\n.*ok/s)
})

test('beyond MAX_CONNECTIONS a connection is closed at once, and those that are open stay', async (t) => {
  const port = await serverWith(t, { maxConnections: 2 })
  const [one, other] = [await connected(t, port), await connected(t, port)]
  t.is(await until(await connected(t, port)), '')
  for (const socket of [one, other]) {
    socket.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n')
    t.regex(await until(socket), /^HTTP\/1\.1 200 /)
  }
  const later = await connected(t, port)
  later.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n')
  t.regex(await until(later), /^HTTP\/1\.1 200 /)
})

test('the limits of the settings are those of the server', async (t) => {
  const { own } = await loadSiteSettings({
    configDir: await temporaryDirectory(t),
    env: { NODE_ENV: 'test' },
  })
  const server = makeServer(() => {}, own)
  t.deepEqual(
    [server.requestTimeout, server.headersTimeout, server.keepAliveTimeout, server.maxConnections],
    [30_000, 10_000, 5_000, 1_000],
  )
})

test('the server that is started has them', async (t) => {
  const env = { ...(await ownDatabase(t)), HEADERS_TIMEOUT: '1', MAX_CONNECTIONS: '1' }
  const port = Number(new URL(await ServerProcess.start(t, env).url()).port)
  const socket = await connected(t, port)
  t.is(await until(await connected(t, port)), '', 'a second connection')
  socket.write('GET / HTTP/1.1\r\nHost: ')
  t.regex(await until(socket), /^HTTP\/1\.1 408 /)
})
