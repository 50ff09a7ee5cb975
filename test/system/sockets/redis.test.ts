import { randomUUID } from 'node:crypto'
import { openSessions } from '../../../src/lib/index.js'
import { SessionWatcher } from '../../../src/lib/session/watcher.js'
import { onRedis } from '../../support/servers/on-redis.js'
import { askRedis, redisUrl } from '../../support/servers/redis.js'
import { until } from '../../support/servers/redis-sentinel.js'
import { ownRedis } from '../outages/own-redis.js'

const rules = { cookieAge: 1_209_600, expireAtBrowserClose: false }

/** Sessions in the server at `url`, and a watcher of them that reads only when it is told to. */
async function watched(url: string) {
  const logged: string[] = []
  const log = (_details: object, message: string): unknown => logged.push(message)
  const logger = { warn: log, error: log }
  const sessions = await openSessions({ engine: 'redis', redisUrl: url, keyPrefix: 'app', logger })
  const { engine } = sessions
  const watcher = new SessionWatcher({ engine, rules, clock: Date.now, logger, interval: 2 ** 31 - 1 })
  const heard: string[] = []
  const begin = async () => {
    const session = await sessions.open()
    session.login('ada')
    await session.save()
    const stop = watcher.watch({ id: String(session.id), expires: 0 }, (why) => heard.push(why))
    const logOut = async (): Promise<void> => {
      session.logout()
      await session.save()
    }
    return { stop, logOut }
  }
  const close = async (): Promise<void> => {
    await watcher.close()
    await sessions.close()
  }
  return { sessions, watcher, heard, logged, begin, close }
}

const CHANNELS = ['PUBSUB', 'CHANNELS', '*'] as const

onRedis(
  'a user who may not publish keeps sessions, watches find out by reading, and the log says so once',
  async (t) => {
    const { port } = await ownRedis()
    const user = `user-${randomUUID()}`
    const rights = ['get', 'set', 'del', 'exists', 'eval', 'evalsha', 'time', 'scan'].map(
      (right) => `+${right}`,
    )
    await askRedis(redisUrl(port), (client) =>
      client.sendCommand(['ACL', 'SETUSER', user, 'reset', 'on', '>secret', '~app::*', ...rights]),
    )
    const { watcher, heard, logged, begin, close } = await watched(`redis://${user}:secret@127.0.0.1:${port}`)
    t.teardown(close)
    for (let time = 1; time <= 2; time++) {
      const { logOut } = await begin()
      await logOut()
      await watcher.look()
      t.is(heard.length, time)
    }
    t.is(logged.length, 1)
    t.regex(logged[0] ?? '', /within a second/)
  },
)

onRedis('a connection that is lost is made again, and is closed with the last watch', async (t) => {
  const { port } = await ownRedis()
  const server = { port } as Parameters<typeof until>[0]
  const { heard, logged, begin, close } = await watched(redisUrl(port))
  t.teardown(close)
  const first = await begin()
  await until(server, CHANNELS, 'app::ended')
  await askRedis(redisUrl(port), (client) => client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']))
  await until(server, CHANNELS, 'app::ended')
  const second = await begin()
  await second.logOut()
  while (heard.length === 0) await askRedis(redisUrl(port), (client) => client.ping())
  t.deepEqual(heard, ['ended'])
  first.stop()
  const none = async (): Promise<boolean> =>
    askRedis(redisUrl(port), async (client) => (await client.pubSubChannels('*')).length === 0)
  while (!(await none())) t.pass()
  t.deepEqual(logged, [])
})
