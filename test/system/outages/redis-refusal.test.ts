import type { ExecutionContext } from 'ava'
import { onRedis } from '../../support/servers/on-redis.js'
import type { OwnServer } from '../../support/servers/own-server.js'
import { askRedis, redisServer, redisUrl, startRedis } from '../../support/servers/redis.js'
import { isOutage, isPlain, type OutageSite, openOutageSite } from './outage-site.js'

function openSite(t: ExecutionContext, { port }: OwnServer): Promise<OutageSite> {
  return openOutageSite(t, { engine: 'redis', redisUrl: redisUrl(port) })
}

type Command = readonly [string, ...string[]]

async function tell(server: OwnServer, ...commands: readonly Command[]): Promise<void> {
  await askRedis(redisUrl(server.port), async (client) => {
    for (const command of commands) await client.sendCommand([...command])
  })
}

const refusals: readonly [title: string, begin: Command, end: Command, why: RegExp][] = [
  ['is full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], /: OOM /],
  ['has become a replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], /: READONLY /],
  [
    'has too few replicas',
    ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
    ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
    /: NOREPLICAS /,
  ],
]
for (const [title, begin, end, why] of refusals) {
  onRedis(
    `S66 a server that ${title} refuses writes: 503, reads go on, and afterwards all works`,
    async (t) => {
      const server = await redisServer()
      const site = await openSite(t, server)
      const id = await site.store(1)
      t.teardown(() => tell(server, end))
      await tell(server, begin)
      isOutage(t, await site.send('/', id))
      t.regex(String(site.logged[0]?.err), why)
      isOutage(t, await site.send('/'))
      isOutage(t, await site.send('/rotate', id))
      t.is((await site.send('/read', id)).body, '1')
      await isPlain(t, site, id)
      await tell(server, end)
      t.is((await site.send('/', id)).body, '2')
      t.is((await site.send('/rotate', id)).cookies.length, 1)
    },
  )
}

onRedis(
  'S66 a server that takes no more connections: 503, and afterwards the next request works',
  async (t) => {
    const server = await redisServer()
    const site = await openSite(t, server)
    const id = await site.store(1)
    await askRedis(redisUrl(server.port), async (client) => {
      await client.sendCommand(['CONFIG', 'SET', 'maxclients', '1'])
      try {
        await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
        isOutage(t, await site.send('/read', id))
        isOutage(t, await site.send('/'))
        t.regex(String(site.logged[0]?.err), /max number of clients reached/)
      } finally {
        await client.sendCommand(['CONFIG', 'SET', 'maxclients', '10000'])
      }
    })
    t.is((await site.send('/', id)).body, '2')
  },
)

onRedis(
  'S66 a server that is reading its data after a restart: 503, and then every session is there',
  async (t) => {
    // Each key takes so many microseconds to read, and meanwhile the server looks at its connections often.
    const slowly = [
      '--appendonly',
      'no',
      '--key-load-delay',
      '20000',
      '--loading-process-events-interval-bytes',
      '1024',
    ]
    const server = await startRedis(...slowly)
    t.teardown(() => server.discard())
    const site = await openSite(t, server)
    const ids = await Promise.all(Array.from({ length: 50 }, (_, n) => site.store(n)))
    await tell(server, ['SAVE'])
    await server.stop('SIGKILL')
    const started = server.start()
    const causes: string[] = []
    // Each answer is the wait for the next request.
    for (let answered = false; !answered; ) {
      const [answer, cause] = await Promise.all([
        site.send('/read', ids[0]),
        site.sessions.open(ids[0]).then(() => '', String),
      ])
      causes.push(cause)
      answered = answer.status === 200
      if (answered) t.is(answer.body, '0')
      else isOutage(t, answer)
    }
    await started
    t.true(causes.some((cause) => /LOADING/.test(cause)))
    t.deepEqual(
      await Promise.all(ids.map((id) => site.stored(id))),
      ids.map((_, n) => n),
    )
  },
)
