import { once } from 'node:events'
import { createRequire } from 'node:module'
import test from 'ava'
import Koa from 'koa'
import { WebSocket } from 'ws'
import { openSessions } from '../../../src/lib/index.js'
import { localPassport, withPassport } from './passport-site.js'

test('in a handler of koa-websocket Passport knows the user, and a log-in says why it cannot be', async (t) => {
  const sessions = await openSessions({ engine: 'cache' })
  const websockify = createRequire(import.meta.url)('koa-websocket')
  const app = websockify(new Koa())
  app.ws.use(sessions.middleware())
  for (const middleware of withPassport(localPassport())(sessions)) app.ws.use(middleware)
  app.ws.use(async (ctx: Koa.Context & { websocket: WebSocket }) => {
    const { user } = ctx.state
    const refused = await t.throwsAsync(() => ctx.login({ id: 'u2', name: 'bob' }), { instanceOf: TypeError })
    ctx.websocket.send(`${user?.name}: ${refused?.message}`)
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const session = await sessions.open()
  session.login('u1')
  session.set('passport', { user: 'u1' })
  await session.save()
  const answers: string[] = []
  for (const headers of [{ cookie: `sessionid=${session.id}` }, {}]) {
    const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}/`, { headers })
    const [message] = await once(socket, 'message')
    answers.push(String(message))
    socket.terminate()
  }
  t.regex(answers[0] ?? '', /^ada: session\.\w+\(\).*no cookie can be set/)
  t.regex(answers[1] ?? '', /^undefined: session\.\w+\(\).*no cookie can be set/)
  await sessions.close()
})
