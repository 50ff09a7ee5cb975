/** The other process: serves WebSockets and event streams that close when their session ends. */
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import Koa from 'koa'
import { WebSocketServer } from 'ws'
import { openEngine } from '../../../src/lib/engines/registry.js'
import { watchEngine } from '../../../src/lib/engines/watch-engine.js'
import { openSessions } from '../../../src/lib/index.js'
import type { Start } from './server.js'

process.once('message', async ({ name, options }: Start) => {
  const logger = { warn() {}, error() {} }
  let looks = 0
  const bare = await openEngine(name, options, { clock: Date.now, logger })
  const engine = watchEngine(bare, (call, run, args) => {
    if (call === 'index.follow') looks++
    return run(...args)
  })
  const sessions = await openSessions({ engine, logger })

  const app = new Koa()
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    const session = await ctx.session
    if (session.user === undefined) ctx.throw(401)
    const stream = new PassThrough()
    const stop = sessions.watch(session, () => stream.end('event: end\n\n'))
    stream.once('close', stop)
    ctx.type = 'text/event-stream'
    ctx.body = stream
    stream.write(`data: ${session.user}\n\n`)
  })
  const server = app.listen(0, '127.0.0.1')

  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', async (req, socket, head) => {
    const session = await sessions.read(req)
    if (session?.user === undefined) {
      socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
      return
    }
    sockets.handleUpgrade(req, socket, head, (connection) => {
      const stop = sessions.watch(session, (why) => connection.close(4401, why))
      connection.once('close', stop)
      connection.send(String(session.user))
    })
  })
  await once(server, 'listening')
  process.on('message', () => process.send?.({ looks }))
  process.send?.({ address: server.address() })
})
process.on('disconnect', () => process.exit())
