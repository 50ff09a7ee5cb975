import { once } from 'node:events'
import { WebSocket } from 'ws'
import { openEngine } from '../../../src/lib/engines/registry.js'
import { openSessions } from '../../../src/lib/index.js'
import { defaults, serverSide, sharedEngines } from '../../support/engines.js'
import { testOf } from '../../support/test-of.js'
import { SocketServer } from './server.js'

const logger = { warn() {}, error() {} }

for (const under of sharedEngines.filter(serverSide)) {
  testOf(
    under,
    'a log-out closes the WebSocket and the event stream that another process holds',
    async (t) => {
      const { options: own, discard } = await under.prepare()
      t.teardown(discard)
      const { engine: name } = under
      if (name === undefined) throw new TypeError('it has no name')
      const options = { ...defaults, ...own }
      const sessions = await openSessions({
        engine: await openEngine(name, options, { clock: Date.now, logger }),
        logger,
      })
      t.teardown(() => sessions.close())
      const server = await SocketServer.start(t, { name, options })
      const session = await sessions.open()
      session.login('ada')
      await session.save()
      const headers = { cookie: `sessionid=${session.id}` }

      const socket = new WebSocket(server.urlFor('ws'), { headers })
      const [greeting] = await once(socket, 'message')
      t.is(String(greeting), 'ada')
      const closed = once(socket, 'close')
      const stream = await fetch(server.urlFor('http'), { headers })
      const streamed = stream.text()

      const before = await server.looks()
      session.logout()
      await session.save()
      const since = performance.now()
      const [code, reason] = await closed
      t.log(`closed after ${Math.round(performance.now() - since)} ms`)
      t.is(code, 4401)
      t.is(String(reason), 'ended')
      t.is(await streamed, 'data: ada\n\nevent: end\n\n')
      // One look each second: a second one may have begun before the log-out was done. A message brings another one.
      t.true((await server.looks()) - before <= 3)

      const refused = new WebSocket(server.urlFor('ws'), { headers })
      const [error] = await once(refused, 'error')
      t.regex(String(error), /401/)
    },
  )
}
