import { randomUUID } from 'node:crypto'
import * as adapter from '@keyv/redis'
import type { ExecutionContext } from 'ava'
import { singleClient } from '../../../src/lib/engines/redis/client.js'
import { ReconnectingClient } from '../../../src/lib/engines/redis/reconnecting-client.js'
import { EngineUnavailable, openSessions } from '../../../src/lib/index.js'
import type { Answer } from '../../support/client.js'
import { onRedis } from '../../support/servers/on-redis.js'
import { redisUrl } from '../../support/servers/redis.js'
import { RoughRoad, type Weather } from '../../support/servers/rough-road.js'
import { sharedPort } from '../../support/servers/shared.js'
import { idAfter } from '../../support/site.js'
import {
  isOutage,
  isOutageForAll,
  isPlain,
  type OutagePath,
  type OutageSite,
  openOutageSite,
} from './outage-site.js'

/** Milliseconds. */
const LIMIT = 2000
const FAIR = { kind: 'fair' } as const

interface Scene {
  readonly road: RoughRoad
  readonly site: OutageSite
}

async function openScene(t: ExecutionContext, options: { saveEveryRequest?: boolean } = {}): Promise<Scene> {
  const road = await RoughRoad.start(await sharedPort('redis'))
  const redis = { engine: 'redis', redisUrl: redisUrl(road.port), engineTimeout: LIMIT } as const
  const site = await openOutageSite(t, { ...redis, ...options })
  t.teardown(() => road.close())
  // The server knows every script from here on: one call is one reply.
  const id = await site.store(0)
  await site.send('/', id)
  await site.send('/end', idAfter(await site.send('/rotate', id)))
  return { road, site }
}

/** One request whose load is answered, in this weather from then on. */
async function caught(
  { road, site }: Scene,
  weather: Weather,
  path: OutagePath,
  id?: string,
): Promise<Answer> {
  site.beforeWrite = () => {
    road.weather = weather
  }
  const answer = await site.send(path, id)
  site.beforeWrite = () => {}
  road.weather = FAIR
  return answer
}

/** The whole outage is one line, which says why. */
function isLoggedOnce(t: ExecutionContext, { logged }: OutageSite, why: RegExp): void {
  t.deepEqual(
    logged.map(({ message }) => message),
    ['the session store cannot be used'],
  )
  t.regex(String(logged[0]?.err), why)
}

const storms: readonly [title: string, weather: Weather, why: RegExp][] = [
  ['replies later than the limit', { kind: 'slow', by: LIMIT * 1.2 }, /did not answer within 2000 ms/],
  ['silence', { kind: 'silent' }, /did not answer within 2000 ms/],
  ['connections that end at once', { kind: 'closed' }, /cannot be used: /],
]
for (const [title, weather, why] of storms) {
  onRedis(
    `S66 ${title}: 503 for whoever uses a session; fair again, the very next request works`,
    async (t) => {
      const scene = await openScene(t)
      const { road, site } = scene
      const id = await site.store(1)
      road.weather = weather
      await isOutageForAll(t, site, id)
      isLoggedOnce(t, site, why)
      await isOutageForAll(t, site, id)
      isLoggedOnce(t, site, why)
      road.weather = FAIR
      t.is((await site.send('/', id)).body, '2')
    },
  )

  onRedis(`R15 ${title} when it comes to the write: 503, and what was done was done once`, async (t) => {
    const scene = await openScene(t)
    const { site } = scene
    const [counted, ended] = [await site.store(1), await site.store(1)]
    isOutage(t, await caught(scene, weather, '/', counted))
    t.true([1, 2].includes(Number(await site.stored(counted))))
    isOutage(t, await caught(scene, weather, '/'))
    isOutage(t, await caught(scene, weather, '/end', ended))
    t.true([1, undefined].includes((await site.stored(ended)) as number | undefined))
    await isPlain(t, site, counted)
  })
}

for (const weather of [storms[1], storms[2]]) {
  const [title, kind] = weather ?? ['', FAIR]
  onRedis(`R15 ${title} when it comes to the rotation: the session stays where it was`, async (t) => {
    const scene = await openScene(t)
    const id = await scene.site.store(1)
    isOutage(t, await caught(scene, kind, '/rotate', id))
    t.is(await scene.site.stored(id), 1)
  })
}

onRedis('replies that are late, but in time, are replies', async (t) => {
  const { road, site } = await openScene(t)
  const id = await site.store(1)
  road.weather = { kind: 'slow', by: LIMIT / 6 }
  t.is((await site.send('/', id)).body, '2')
  t.is((await site.send('/')).cookies.length, 1)
  const rotated = idAfter(await site.send('/rotate', id), id)
  t.not(rotated, id)
  t.is((await site.send('/read', rotated)).body, '2')
  t.is((await site.send('/end', rotated)).status, 200)
  t.deepEqual(site.logged, [])
})

for (const after of [0, 2]) {
  const cut = { kind: 'cut', after } as const
  const when = `a connection that is lost ${after === 0 ? 'before a reply' : 'in the middle of a reply'}`

  onRedis(`S66 ${when} to a load: it is loaded on the next connection`, async (t) => {
    const { road, site } = await openScene(t)
    const id = await site.store(1)
    road.weather = cut
    t.is((await site.send('/read', id)).body, '1')
    t.deepEqual(site.logged, [], 'no outage: nobody was refused')
  })

  onRedis(`R15 ${when} to a rotation: the work is recognised, and nobody is logged out`, async (t) => {
    const scene = await openScene(t)
    const { site } = scene
    const id = await site.store(1)
    const answer = await caught(scene, cut, '/rotate', id)
    t.is(answer.status, 200)
    t.not(idAfter(answer, id), id)
    t.is(await site.stored(idAfter(answer, id)), 1)
    t.is((await site.sessions.engine.load(id)).kind, 'superseded')
    t.deepEqual(site.logged, [], 'no outage: nobody was refused')
  })

  onRedis(`R15 ${when} to a create: the work is recognised`, async (t) => {
    const scene = await openScene(t)
    const answer = await caught(scene, cut, '/')
    t.is(answer.status, 200)
    t.is(await scene.site.stored(idAfter(answer)), 1)
  })

  onRedis(`R16 ${when} to an update: 503, done once, and not twice`, async (t) => {
    const scene = await openScene(t)
    const { site } = scene
    const id = await site.store(1)
    isOutage(t, await caught(scene, cut, '/', id))
    t.is(await site.stored(id), 2)
    const loaded = await site.sessions.engine.load(id)
    t.is(loaded.kind === 'found' && loaded.version, 2)
  })

  onRedis(`S66 ${when} in a log-out: it is done on the next connection`, async (t) => {
    const scene = await openScene(t)
    const { site } = scene
    const id = await site.store(1)
    // A log-out asks first whether there is anything left to end.
    t.is((await caught(scene, cut, '/end', id)).status, 200)
    t.is(await site.stored(id), undefined)
  })

  onRedis(`${when} to a touch: the answer did not need it`, async (t) => {
    const scene = await openScene(t, { saveEveryRequest: true })
    const { site } = scene
    const id = await site.store(1)
    await site.send('/read', id)
    const answer = await caught(scene, cut, '/read', id)
    t.deepEqual([answer.status, answer.body, answer.cookies], [200, '1', []])
    t.deepEqual(
      site.logged.map(({ message }) => message),
      ['the session store cannot be used', 'a session could not be touched'],
    )
    t.is((await site.send('/read', id)).cookies.length, 1)
  })
}

onRedis(
  'a connection that a firewall has forgotten is noticed by the first request, which is served',
  async (t) => {
    const paths: readonly [OutagePath, string][] = [
      ['/read', '1'],
      ['/', '2'],
      ['/rotate', 'ok'],
      ['/end', 'ok'],
    ]
    const { road, site } = await openScene(t)
    for (const [path, body] of paths) {
      const id = await site.store(1)
      road.forsake()
      const answer = await site.send(path, id)
      t.deepEqual([answer.status, answer.body], [200, body], path)
    }
    road.forsake()
    const created = await site.send('/')
    t.deepEqual([created.status, await site.stored(idAfter(created))], [200, 1])
    t.deepEqual(site.logged, [], 'no outage: nobody was refused')
  },
)

onRedis('a connection that has been idle is checked before a write is sent on it', async (t) => {
  const { road, client, clock } = await openClient(t)
  const key = randomUUID()
  const set = (value: string) => client.run(({ commands }) => commands.set(key, value, FOR_A_MINUTE))
  t.is(await set('first'), 'OK')
  road.forsake()
  clock.now += 2000
  t.is(await set('second'), null, 'the second one was answered')
  t.is(road.accepted, 2)
  clock.now += 2000
  t.is(await set('third'), null)
  t.is(road.accepted, 2, 'a connection that is well stays')
})

onRedis('what may have been executed is not sent twice', async (t) => {
  const { road, client } = await openClient(t)
  let sent = 0
  await client.run(async () => {})
  road.weather = { kind: 'cut', after: 0 }
  const write = client.run(({ commands }) => {
    sent++
    return commands.get('nothing')
  })
  await t.throwsAsync(write, { instanceOf: EngineUnavailable, message: /Socket closed unexpectedly/ })
  t.is(sent, 1)
})

const FOR_A_MINUTE = { condition: 'NX', expiration: { type: 'PX', value: 60_000 } } as const

/** A client whose clock is the test's. */
async function openClient(t: ExecutionContext) {
  const road = await RoughRoad.start(await sharedPort('redis'))
  const clock = { now: 0 }
  const url = redisUrl(road.port)
  const client = new ReconnectingClient({
    address: url,
    makeClient: (connectTimeout, onLost) =>
      singleClient({ adapter, address: { kind: 'single', url }, connectTimeout, onLost }),
    timeLimit: LIMIT,
    now: () => clock.now,
  })
  t.teardown(async () => {
    await client.close()
    await road.close()
  })
  return { road, client, clock }
}

onRedis('R29 after many outages there is one connection, and after the end none', async (t) => {
  const { road, site } = await openScene(t)
  const id = await site.store(1)
  for (let round = 0; round < 20; round++) {
    road.weather = { kind: 'cut', after: round % 3 }
    await Promise.all([site.send('/read', id), site.send('/', id), site.send('/')])
    road.weather = { kind: 'closed' }
    await Promise.all([site.send('/read', id), site.send('/')])
    road.weather = FAIR
    t.is((await site.send('/read', id)).status, 200)
  }
  road.weather = { kind: 'silent' }
  await Promise.all([site.send('/read', id), site.send('/')])
  await site.send('/read', id)
  road.weather = FAIR
  t.is((await site.send('/read', id)).status, 200)
  await untilOpen(road, 1)
  t.true(road.accepted > 20)
  await site.close()
  await untilOpen(road, 0)
  t.pass()
})

onRedis('closing in the middle of silence lets go of every socket too', async (t) => {
  const { road, site } = await openScene(t)
  const id = await site.store(1)
  road.weather = { kind: 'silent' }
  const answers = [site.send('/read', id), site.send('/')]
  const opening = openSessions({ engine: 'redis', redisUrl: redisUrl(road.port), engineTimeout: LIMIT })
  await t.throwsAsync(opening, { message: /did not answer within 2000 ms/ })
  for (const answer of await Promise.all(answers)) isOutage(t, answer)
  await site.close()
  await untilOpen(road, 0)
  t.pass()
})

/** A socket that one side has closed is noticed by the other a little later; one that leaks, never. */
async function untilOpen(road: RoughRoad, count: number): Promise<void> {
  while (road.open !== count) await new Promise(setImmediate)
}
