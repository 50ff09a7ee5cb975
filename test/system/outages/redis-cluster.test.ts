import { setImmediate } from 'node:timers/promises'
import KeyvRedis from '@keyv/redis'
import { Keyv } from 'keyv'
import { createIn, rotateIn } from '../../../src/lib/conformance/drawing.js'
import { clusterIds, slotOf } from '../../../src/lib/engines/redis/cluster.js'
import { openRedis } from '../../../src/lib/engines/redis/redis.js'
import { EngineUnavailable, openSessions, type Sessions } from '../../../src/lib/index.js'
import { onRedis } from '../../support/servers/on-redis.js'
import { ofThisProcess } from '../../support/servers/own-server.js'
import { askRedis, redisUrl } from '../../support/servers/redis.js'
import { startRedisCluster, untilComplete } from '../../support/servers/redis-cluster.js'
import { stall } from '../../support/stall.js'

/** Servers of this process alone: tests stop them. */
const redisCluster = ofThisProcess(startRedisCluster)

/** Milliseconds: enough for three servers on a small machine that does other things too. */
const LIMIT = 4000

function openOn(urls: readonly string[]): Promise<Sessions> {
  const options = { redisUrl: urls.join(), keyPrefix: 'keyv', engineTimeout: LIMIT }
  const logger = { warn: () => {}, error: () => {} }
  return openSessions({ engine: (tools) => openRedis(options, tools), logger })
}

for (const away of ['killed', 'frozen']) {
  onRedis(
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

onRedis('a plain Keyv client of a cluster reads what a session stored', async (t) => {
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

onRedis('S08 a rotation moves a session within one slot, and sessions are on every server', async (t) => {
  const servers = await redisCluster()
  const sessions = await openOn(servers.map(({ port }) => redisUrl(port)))
  t.teardown(() => sessions.close())
  const { engine } = sessions
  const record = { data: {}, createdAt: Date.now(), expires: Date.now() + 60_000 }
  const slots: number[] = []
  for (let n = 0; n < 50; n++) {
    const id = await createIn(engine, record)
    const rotated = await rotateIn(engine, id, record, 1)
    if (rotated.kind !== 'updated') return t.fail(rotated.kind)
    t.is(rotated.id.slice(0, 4), id.slice(0, 4))
    t.not(rotated.id.slice(4, 8), id.slice(4, 8))
    const keys = [id, rotated.id].map((each) => `keyv::keyv:${clusterIds.keyOf(each)}`)
    const [slot, ...others] = await askRedis(redisUrl(servers[0]?.port ?? 0), (client) =>
      Promise.all(keys.map((key) => client.clusterKeySlot(key))),
    )
    t.deepEqual([slot, ...others], keys.map(slotOf))
    t.deepEqual(others, [slot])
    slots.push(slot ?? 0)
  }
  const shares = [0, 1, 2].map((place) => slots.filter((slot) => Math.floor((slot * 3) / 16_384) === place))
  t.true(shares.every(({ length }) => length > 0))
})

for (const [title, addressOf] of [
  ['the URL of one of its servers', (ports: readonly number[]) => redisUrl(ports[1] ?? 0)],
  ['redis+cluster: and one server', (ports: readonly number[]) => `redis+cluster://127.0.0.1:${ports[2]}`],
  ['one scheme for all', (ports: readonly number[]) => ports.map((port) => `127.0.0.1:${port}`).join()],
] as const) {
  onRedis(`a cluster is reached by ${title}`, async (t) => {
    const address = addressOf((await redisCluster()).map(({ port }) => port))
    const redisUrl = address.startsWith('redis') ? address : `redis://${address}`
    const logger = { warn: () => {}, error: () => {} }
    const sessions = await openSessions({ engine: 'redis', redisUrl, engineTimeout: LIMIT, logger })
    t.teardown(() => sessions.close())
    const ids = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const session = await sessions.open()
        session.set<string>('n', n)
        await session.save()
        session.cycleKey()
        await session.save()
        return session.id
      }),
    )
    const loaded = await Promise.all(ids.map(async (id) => (await sessions.open(id)).get('n')))
    t.deepEqual(
      loaded,
      ids.map((_, n) => n),
    )
  })
}

onRedis('a user of a cluster needs the rights that the documentation names', async (t) => {
  const servers = await redisCluster()
  const rights = ['get', 'set', 'del', 'exists', 'eval', 'evalsha', 'time', 'scan']
  const access = [...rights, 'ping', 'cluster|slots', 'cluster|info'].map((right) => `+${right}`)
  for (const { port } of servers) {
    await askRedis(redisUrl(port), (client) =>
      client.sendCommand(['ACL', 'SETUSER', 'ada', 'reset', 'on', '>secret', '~app::*', ...access]),
    )
  }
  const sessions = await openSessions({
    engine: 'redis',
    redisUrl: `redis+cluster://ada:secret@127.0.0.1:${servers[0]?.port}`,
    keyPrefix: 'app',
    engineTimeout: LIMIT,
    logger: { warn: () => {}, error: () => {} },
  })
  t.teardown(() => sessions.close())
  for (let n = 0; n < 10; n++) {
    const session = await sessions.open()
    session.set<string>('n', n)
    await session.save()
    session.cycleKey()
    await session.save()
    t.is((await sessions.open(session.id)).get('n'), n)
  }
  t.is(await sessions.engine.clearExpired(10), 0)
})

onRedis('R15 a rotation that a frozen server finds when it goes on is not done any more', async (t) => {
  const servers = await redisCluster()
  const sessions = await openOn(servers.map(({ port }) => redisUrl(port)))
  t.teardown(() => sessions.close())
  const { engine } = sessions
  const record = { data: {}, createdAt: Date.now(), expires: Date.now() + 60_000 }
  const id = await createIn(engine, record)
  const server = servers[Math.floor((slotOf(clusterIds.keyOf(id)) * 3) / 16_384)]
  // The first one tells the server the script and asks for its time, so that the next one is a single command.
  const first = await rotateIn(engine, id, record, 1)
  if (first.kind !== 'updated') return t.fail(first.kind)
  server?.freeze('SIGSTOP')
  await t.throwsAsync(rotateIn(engine, first.id, record, first.version), { instanceOf: EngineUnavailable })
  server?.freeze('SIGCONT')
  await untilComplete(servers)
  t.is((await engine.load(first.id)).kind, 'found')
})

onRedis('a process that had no time for a while does not take its servers for dead', async (t) => {
  const servers = await redisCluster()
  const sessions = await openOn(servers.map(({ port }) => redisUrl(port)))
  t.teardown(() => sessions.close())
  const session = await sessions.open()
  session.set<string>('n', 1)
  await session.save()
  // The question is out, and is answered when nobody has time for the answer.
  for (const server of servers) server.freeze('SIGSTOP')
  const answer = sessions.open(session.id)
  await setImmediate()
  await setImmediate()
  for (const server of servers) server.freeze('SIGCONT')
  stall(LIMIT * 0.7)
  t.is((await answer).get('n'), 1)
})
