import './redis-refusals.js'
import './redis-tls.js'
import { setImmediate } from 'node:timers/promises'
import KeyvRedis from '@keyv/redis'
import type { ExecutionContext } from 'ava'
import { Keyv } from 'keyv'
import { rotateIn } from '../../../src/lib/conformance/drawing.js'
import { keyOf } from '../../../src/lib/engines/ids.js'
import { EngineUnavailable, openSessions } from '../../../src/lib/index.js'
import { heard } from '../../support/heard.js'
import { onRedis } from '../../support/servers/on-redis.js'
import { askRedis, redisUrl } from '../../support/servers/redis.js'
import { stall } from '../../support/stall.js'
import { startStopwatch } from '../../support/stopwatch.js'
import { isOutage, isOutageForAll, type OutageSite, openOutageSite } from './outage-site.js'
import { ownRedis } from './own-redis.js'

/** Milliseconds. */
const LIMIT = 2000

async function openSite(t: ExecutionContext): Promise<OutageSite> {
  const url = redisUrl((await ownRedis()).port)
  return openOutageSite(t, { engine: 'redis', redisUrl: url, engineTimeout: LIMIT })
}

/** In time: two calls at the most, a load and a write, of which the first fails already. */
async function isOutageInTime(t: ExecutionContext, site: OutageSite, id: string): Promise<void> {
  const elapsed = startStopwatch()
  await isOutageForAll(t, site, id)
  t.true(elapsed() < 3 * LIMIT)
}

onRedis('R13 killed: 503 and no cookie; back with its data: the next request works', async (t) => {
  const server = await ownRedis()
  const site = await openSite(t)
  const id = await site.store(1)
  await server.stop('SIGKILL')
  await isOutageInTime(t, site, id)
  await isOutageInTime(t, site, id)
  t.deepEqual(
    site.logged.map(({ message }) => message),
    ['the session store cannot be used'],
    'one line an outage',
  )
  await server.start()
  t.is((await site.send('/', id)).body, '2')
})

onRedis('R13 killed and started again, twice: one engine-down and one engine-up each', async (t) => {
  const server = await ownRedis()
  let now = 1_700_000_000_000
  const clock = (): number => now
  const site = await openOutageSite(t, { engine: 'redis', redisUrl: redisUrl(server.port), clock })
  const events = heard(site.sessions)
  const ids = await Promise.all(Array.from({ length: 10 }, (_, n) => site.store(n)))
  for (let outage = 1; outage <= 2; outage++) {
    events.length = 0
    await server.stop('SIGKILL')
    const since = now
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all(ids.map((id) => site.send('/', id)))
      t.true(answers.every(({ status }) => status === 503))
      now += 1000
    }
    t.is(events.length, 1)
    t.like(events[0], { event: 'engine-down', engine: 'redis', time: since })
    t.regex(JSON.stringify(events[0]), /"message":"Redis at redis:\/\/127\.0\.0\.1:\d+ cannot be used: /)
    await server.start()
    const answers = await Promise.all(ids.map((id) => site.send('/', id)))
    t.true(answers.every(({ status }) => status === 200))
    t.deepEqual(events.slice(1), [{ event: 'engine-up', engine: 'redis', time: now, downFor: 2000 }])
    for (const id of ids) t.false(JSON.stringify(events).includes(id))
  }
  t.is(site.logged.length, 2, 'one line an outage')
})

onRedis('R13 frozen: 503 in time and no cookie; thawed: the next request works', async (t) => {
  const server = await ownRedis()
  const site = await openSite(t)
  const [id, other] = [await site.store(1), await site.store(10)]
  server.freeze('SIGSTOP')
  await isOutageInTime(t, site, id)
  await isOutageInTime(t, site, id)
  server.freeze('SIGCONT')
  // The late replies are nobody's: each asks for its own.
  const answers = await Promise.all([site.send('/read', id), site.send('/read', other)])
  t.deepEqual(
    answers.map(({ body }) => body),
    ['1', '10'],
  )
})

onRedis('R15 a rotation that a frozen server finds when it goes on is not done any more', async (t) => {
  const server = await ownRedis()
  const { sessions, store } = await openSite(t)
  const { engine } = sessions
  const record = { data: {}, createdAt: Date.now(), expires: Date.now() + 60_000 }
  // The first one tells the server the script, so that the next one is a single command.
  t.is((await rotateIn(engine, await store(0), record, 1)).kind, 'updated')
  const id = await store(1)
  server.freeze('SIGSTOP')
  await t.throwsAsync(rotateIn(engine, id, record, 1), { instanceOf: EngineUnavailable })
  server.freeze('SIGCONT')
  t.is((await engine.load(id)).kind, 'found')
  t.is((await rotateIn(engine, id, record, 1)).kind, 'updated')
})

onRedis('a server that was restarted while nobody asked is not noticed', async (t) => {
  const server = await ownRedis()
  const site = await openSite(t)
  const id = await site.store(1)
  await server.stop('SIGKILL')
  await server.start()
  t.is((await site.send('/', id)).body, '2')
  t.deepEqual(site.logged, [])
})

for (const title of ['killed', 'frozen']) {
  onRedis(
    `while 50 clients load, ${title}: every answer is a 503 or right, and no session is lost`,
    async (t) => {
      const server = await ownRedis()
      const site = await openSite(t)
      const ids = await Promise.all(Array.from({ length: 50 }, (_, n) => site.store(n)))
      const counts = ids.map(() => 0)
      let goOn = true
      const load = ids.map(async (id, n) => {
        while (goOn) {
          const answer = await site.send('/read', id)
          if (answer.status === 503) isOutage(t, answer)
          else t.deepEqual([answer.status, answer.body, answer.cookies], [200, String(n), []])
          counts[n] = (counts[n] ?? 0) + 1
        }
      })
      await site.send('/read', ids[0])
      if (title === 'killed') await server.stop()
      else server.freeze('SIGSTOP')
      await isOutageInTime(t, site, ids[0] ?? '')
      if (title === 'killed') await server.start()
      else server.freeze('SIGCONT')
      goOn = false
      await Promise.all(load)
      t.true(counts.every((count) => count > 0))
      const bodies = await Promise.all(ids.map(async (id) => (await site.send('/read', id)).body))
      t.deepEqual(
        bodies,
        ids.map((_, n) => String(n)),
      )
    },
  )
}

onRedis(
  'a server that cannot be reached at the start is EngineUnavailable, and no password is told',
  async (t) => {
    const redisUrl = 'redis://ada:hunter2@127.0.0.1:1/3'
    const error = await t.throwsAsync(openSessions({ engine: 'redis', redisUrl, logger: silent }), {
      instanceOf: EngineUnavailable,
      message: /^Redis at redis:\/\/127\.0\.0\.1:1\/3 cannot be used: .*ECONNREFUSED/,
    })
    t.notRegex(String(error?.cause), /hunter2/)
  },
)

const silent = { warn: () => {}, error: () => {} }

onRedis('a plain Keyv client reads what a session stored', async (t) => {
  const site = await openSite(t)
  const session = await site.sessions.open()
  session.update({ name: 'Ada', tags: [':colon', ':base64:AA=='], list: [], big: 1e20 })
  await session.save()
  const key = keyOf(session.id ?? '')

  const url = redisUrl((await ownRedis()).port)
  const keyv = new Keyv({ store: new KeyvRedis(url) })
  t.teardown(() => keyv.disconnect())
  const stored = await keyv.getRaw<{ data: unknown }>(key)
  t.deepEqual(stored?.value?.data, { name: 'Ada', tags: [':colon', ':base64:AA=='], list: [], big: 1e20 })

  const life = await askRedis(url, (client) => client.pTTL(`keyv::keyv:${key}`))
  t.true(Math.abs(Date.now() + life - (stored?.expires ?? 0)) < 1000, 'Redis removes it at its end')
})

onRedis('what a plain Keyv client wrote is read, updated and touched', async (t) => {
  const { sessions } = await openSite(t)
  const keyv = new Keyv({ store: new KeyvRedis(redisUrl((await ownRedis()).port)) })
  t.teardown(() => keyv.disconnect())
  const session = await sessions.open()
  session.set<string>('n', 1)
  await session.save()
  const id = session.id ?? ''
  const value = await keyv.get<{ data: object }>(keyOf(id))
  await keyv.set(keyOf(id), { ...value, data: { n: 2 } }, 60_000)

  const { engine } = sessions
  const loaded = await engine.load(id)
  t.deepEqual(loaded.kind === 'found' && [loaded.version, loaded.record.data], [1, { n: 2 }])
  await engine.touch(id, Date.now() + 90_000)
  const again = await sessions.open(id)
  again.set<string>('n', 3)
  await again.save()
  t.is((await sessions.open(id)).get('n'), 3)
})

onRedis('R20 a key that holds no text reads as missing and is left alone', async (t) => {
  const { sessions, logged } = await openSite(t)
  const url = redisUrl((await ownRedis()).port)
  const session = await sessions.open()
  session.set<string>('n', 1)
  await session.save()
  const id = session.id ?? ''
  await askRedis(url, async (client) => {
    await client.del(`keyv::keyv:${keyOf(id)}`)
    await client.hSet(`keyv::keyv:${keyOf(id)}`, 'field', 'value')
  })
  const { engine } = sessions
  t.is((await engine.load(id)).kind, 'missing')
  t.is(await engine.delete(id), 'missing')
  t.true(logged.length > 0)
  t.is(await askRedis(url, (client) => client.hGet(`keyv::keyv:${keyOf(id)}`, 'field')), 'value')
})

onRedis('a sweep leaves alone what others keep under the same prefix', async (t) => {
  const { sessions } = await openSite(t)
  const url = redisUrl((await ownRedis()).port)
  const texts = [
    '{"a":1,"expires":1700000000}',
    '{"value":{"a":1},"expires":1700000000}',
    '{"expires":1}',
    'text',
  ]
  const keys = texts.map((_, n) => `keyv::keyv:theirs-${n}`)
  await askRedis(url, (client) => client.mSet(keys.flatMap((key, n) => [key, texts[n] ?? ''] as const)))
  await sessions.engine.clearExpired(10)
  t.deepEqual(await askRedis(url, (client) => client.mGet(keys)), texts)
  await askRedis(url, (client) => client.del(keys))
})

onRedis('a server that has forgotten the scripts is told again', async (t) => {
  const site = await openSite(t)
  const id = await site.store(1)
  t.is((await site.send('/', id)).body, '2')
  await askRedis(redisUrl((await ownRedis()).port), (client) => client.scriptFlush())
  t.is((await site.send('/', id)).body, '3')
})

onRedis('an answer that lies waiting is read, however long the process had no time', async (t) => {
  const server = await ownRedis()
  const site = await openSite(t)
  const id = await site.store(1)
  // The question is out, and is answered when nobody has time for the answer.
  server.freeze('SIGSTOP')
  const answer = site.stored(id)
  await setImmediate()
  await setImmediate()
  server.freeze('SIGCONT')
  stall(LIMIT * 1.5)
  t.is(await answer, 1)
})
