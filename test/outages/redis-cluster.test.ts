import KeyvRedis from '@keyv/redis'
import test from 'ava'
import { Keyv } from 'keyv'
import { openRedis } from '../../src/engines/redis/redis.js'
import { clusterIds } from '../../src/engines/redis/slots.js'
import { EngineUnavailable, openSessions, type Sessions } from '../../src/index.js'
import { askRedis, redisMissing, redisUrl } from '../servers/redis.js'
import { redisCluster, untilComplete } from '../servers/redis-cluster.js'

const ofCluster = redisMissing === undefined ? test.serial : test.serial.skip

function openOn(urls: readonly string[]): Promise<Sessions> {
  const options = { redisUrl: urls.join(), keyPrefix: 'keyv', engineTimeout: 500 }
  const logger = { warn: () => {}, error: () => {} }
  return openSessions({ engine: (tools) => openRedis(options, tools), logger })
}

for (const away of ['killed', 'frozen']) {
  ofCluster(
    `one server of a cluster ${away}: the sessions of the others go on; back: its own too`,
    async (t) => {
      const servers = await redisCluster()
      const urls = servers.map(({ port }) => redisUrl(port))
      const sessions = await openOn(urls)
      t.teardown(() => sessions.close())
      const ids = await Promise.all(
        Array.from({ length: 30 }, async (_, n) => {
          const session = await sessions.open()
          session.set<string>('n', n)
          await session.save()
          return session.id ?? ''
        }),
      )
      const load = async (id: string): Promise<unknown> =>
        sessions.open(id).then(
          (session) => session.get('n'),
          (error: unknown) => error,
        )
      const keys = new Set(await askRedis(urls[2] ?? '', (client) => client.keys('keyv::keyv:*')))
      const isThere = (id: string): boolean => keys.has(`keyv::keyv:${clusterIds.keyOf(id)}`)

      if (away === 'killed') await servers[2]?.stop()
      else servers[2]?.freeze('SIGSTOP')
      for (const [n, id] of ids.entries()) {
        if (!isThere(id)) t.is(await load(id), n)
      }
      const answers = await Promise.all(ids.filter(isThere).map(load))
      t.true(answers.length > 0 && answers.every((answer) => answer instanceof EngineUnavailable))
      for (const [n, id] of ids.entries()) {
        if (!isThere(id)) t.is(await load(id), n)
      }

      if (away === 'killed') await servers[2]?.start()
      else servers[2]?.freeze('SIGCONT')
      // A server that comes back refuses until it has met the others: two seconds, by its own rule.
      await untilComplete(servers)
      t.deepEqual(
        await Promise.all(ids.map(load)),
        ids.map((_, n) => n),
      )
    },
  )
}

ofCluster('a plain Keyv client of a cluster reads what a session stored', async (t) => {
  const urls = (await redisCluster()).map(({ port }) => redisUrl(port))
  const sessions = await openOn(urls)
  t.teardown(() => sessions.close())
  const session = await sessions.open()
  session.set<string>('name', 'Ada')
  await session.save()
  const keyv = new Keyv({ store: new KeyvRedis({ rootNodes: urls.map((url) => ({ url })) }) })
  t.teardown(() => keyv.disconnect())
  t.deepEqual((await keyv.get<{ data: unknown }>(clusterIds.keyOf(session.id ?? '')))?.data, { name: 'Ada' })
})
