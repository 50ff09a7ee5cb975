/**
 * A server of a rolling restart: its argument is the settings of its sessions as JSON. Prints its port when it listens, and
 * ends when it has answered what it was asked before SIGTERM.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Koa, { type Context } from 'koa'
import { openSessions, type Session } from '../../src/lib/index.js'

const sessions = await openSessions({
  ...JSON.parse(process.argv[2] ?? '{}'),
  logger: { warn: () => {}, error: (details, message) => console.error(message, details) },
})

const acts: Readonly<Record<string, (session: Session, ctx: Context) => unknown>> = {
  '/who': () => {},
  '/add': (session) => session.transform<string>('count', (count) => Number(count ?? 0) + 1),
  '/in': (session, ctx) => session.login(String(ctx.query.user)),
  '/out': (session) => session.flush(),
  '/turn': (session) => session.cycleKey(),
  '/revoke': (session) => session.user && sessions.revokeAll(session.user),
}

const app = new Koa()
app.on('error', (error) => {
  if (!error.expose && error.status !== 503) console.error(error)
})
app.use(sessions.middleware())
app.use(async (ctx) => {
  const session = await ctx.session
  await acts[ctx.path]?.(session, ctx)
  ctx.body = { user: session.user ?? null, count: Number(session.get('count') ?? 0) }
})

const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
process.once('SIGTERM', () => {
  server.close(() => {
    void sessions.close()
  })
  server.closeIdleConnections()
})
console.log((server.address() as AddressInfo).port)
