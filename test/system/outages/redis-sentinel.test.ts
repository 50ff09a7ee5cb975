import type { ExecutionContext } from 'ava'
import { EngineUnavailable, openSessions, type Sessions } from '../../../src/lib/index.js'
import { onRedis } from '../../support/servers/on-redis.js'
import type { OwnServer } from '../../support/servers/own-server.js'
import { askRedis, redisUrl } from '../../support/servers/redis.js'
import {
  PRIMARY,
  pointAt,
  startWatched,
  until,
  untilReplicated,
  type Watched,
} from '../../support/servers/redis-sentinel.js'

/** Milliseconds. */
const LIMIT = 2000

async function openOn(
  t: ExecutionContext,
  sentinels: readonly OwnServer[],
  rest = `/${PRIMARY}`,
): Promise<Sessions> {
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join()
  const sessions = await openSessions({
    engine: 'redis',
    redisUrl: `redis+sentinel://${hosts}${rest}`,
    engineTimeout: LIMIT,
    logger: { warn: () => {}, error: () => {} },
  })
  t.teardown(() => sessions.close())
  return sessions
}

async function store(sessions: Sessions, n: number): Promise<string> {
  const session = await sessions.open()
  session.set<string>('n', n)
  await session.save()
  return session.id ?? ''
}

const load = async (sessions: Sessions, id: string): Promise<unknown> => (await sessions.open(id)).get('n')

/** Stores a session as soon as there is a primary: the answers themselves are the wait. */
async function untilStored(sessions: Sessions): Promise<string> {
  for (;;) {
    try {
      return await store(sessions, 0)
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) throw error
    }
  }
}

let watched: Promise<Watched> | undefined

/** Those of this file; started when first asked for. */
function servers(): Promise<Watched> {
  watched ??= startWatched()
  return watched
}

onRedis(
  'R14 the primary killed: its sessions are at the new one, and it is found without a restart',
  async (t) => {
    const { primary, sentinels } = await servers()
    const sessions = await openOn(t, sentinels)
    const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => store(sessions, n)))
    await untilReplicated(primary)
    await primary.stop('SIGKILL')
    await t.throwsAsync(store(sessions, 0), { instanceOf: EngineUnavailable })
    await untilStored(sessions)
    t.deepEqual(
      await Promise.all(ids.map((id) => load(sessions, id))),
      ids.map((_, n) => n),
    )
  },
)

onRedis(
  'R14 a primary that was demoted is left for the new one, though its connection is well',
  async (t) => {
    const { primary, replica, sentinels } = await servers()
    await primary.start()
    await askRedis(redisUrl(primary.port), (client) => client.replicaOf('127.0.0.1', replica.port))
    await until(primary, ['INFO', 'replication'], 'master_link_status:up')
    const sessions = await openOn(t, sentinels)
    const id = await store(sessions, 1)
    await untilReplicated(replica)
    await askRedis(redisUrl(replica.port), (client) => client.replicaOf('127.0.0.1', primary.port))
    await t.throwsAsync(store(sessions, 2), { instanceOf: EngineUnavailable, message: /: READONLY / })
    // What a sentinel says is not believed before the server has said it too.
    await t.throwsAsync(load(sessions, id), { instanceOf: EngineUnavailable, message: /is not the primary/ })
    await askRedis(redisUrl(primary.port), (client) => client.sendCommand(['REPLICAOF', 'NO', 'ONE']))
    await pointAt(primary, sentinels)
    t.is(await load(sessions, id), 1)
    await store(sessions, 2)
  },
)

onRedis('sentinels that are silent or gone are no matter while one answers', async (t) => {
  const { sentinels } = await servers()
  const [silent, gone] = sentinels
  silent?.freeze('SIGSTOP')
  await gone?.stop()
  t.teardown(async () => {
    silent?.freeze('SIGCONT')
    await gone?.start()
  })
  const sessions = await openOn(t, sentinels)
  const id = await store(sessions, 1)
  t.is(await load(sessions, id), 1)
})

onRedis('a database of its own', async (t) => {
  const { sentinels } = await servers()
  const [there, elsewhere] = await Promise.all([openOn(t, sentinels, `/${PRIMARY}/3`), openOn(t, sentinels)])
  const id = await store(there, 1)
  t.is(await load(there, id), 1)
  t.is(await load(elsewhere, id), undefined)
})

onRedis('a name that the sentinels do not know is said at the start', async (t) => {
  const { sentinels } = await servers()
  await t.throwsAsync(openOn(t, sentinels, '/yourmaster'), {
    instanceOf: EngineUnavailable,
    message:
      /\(sentinels of yourmaster\) cannot be used: the sentinels know no primary of the name yourmaster$/,
  })
})
