import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import { connect as connectTo } from 'node:net'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { openSessions } from '../../../src/lib/index.js'
import { serve } from '../../support/serve.js'

async function counting(t: ExecutionContext): Promise<Koa> {
  const sessions = await openSessions({ engine: 'cache' })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    const session = await ctx.session
    session.set('n', Number(session.get('n', 0)) + 1)
    ctx.body = `visit ${session.get('n')}`
  })
  return app
}

test('S46 a Cookie header that HTTP/2 has split over several lines is one', async (t) => {
  const server = createServer((await counting(t)).callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const client = connect(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
  t.teardown(async () => {
    client.destroy()
    server.close()
  })
  // What arrives is looked at below the layer that puts it together.
  const lines: string[][] = []
  server.on('request', ({ rawHeaders }) => {
    lines.push(rawHeaders.filter((_, index) => rawHeaders[index - 1] === 'cookie'))
  })

  const visit = async (cookie: string[]) => {
    const stream = client.request({ ':path': '/', cookie })
    const [headers] = await once(stream, 'response')
    return { body: await text(stream), cookies: headers['set-cookie'] ?? [] }
  }
  const first = await visit([])
  const [line = ''] = first.cookies
  t.regex(line, /^sessionid=[a-z0-9]{32}; Max-Age=\d+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/)
  const pair = line.split(';')[0] ?? ''
  for (const [index, cookie] of [
    ['theme=dark', pair, 'a=1'],
    ['theme=dark', 'a=1', pair],
    [pair, 'theme=dark', 'a=1'],
  ].entries()) {
    t.is((await visit(cookie)).body, `visit ${index + 2}`)
    t.deepEqual(lines.at(-1), cookie)
  }
})

test('S46 a Cookie header that HTTP/1.1 brings in several lines is one too', async (t) => {
  const { port } = new URL(await serve(t, await counting(t)))
  const visit = async (lines: readonly string[]): Promise<string> => {
    const socket = connectTo(Number(port), '127.0.0.1')
    const cookies = lines.map((line) => `Cookie: ${line}\r\n`).join('')
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${cookies}\r\n`)
    return text(socket)
  }
  const pair = /sessionid=[a-z0-9]{32}/.exec(await visit([]))?.[0] ?? ''
  t.regex(await visit(['theme=dark', pair, 'a=1']), /visit 2$/)
  t.regex(await visit([pair, 'theme=dark; a=1']), /visit 3$/)
})

test('S47 of a header larger than 16 KiB Node lets nothing through: 431, and the next request is served', async (t) => {
  const url = await serve(t, await counting(t))
  const headers = { cookie: `sessionid=${'a'.repeat(16_384)}` }
  t.is((await fetch(url, { headers })).status, 431)
  t.is(await (await fetch(url, { headers: { cookie: `theme=${'a'.repeat(15_000)}` } })).text(), 'visit 1')
})
