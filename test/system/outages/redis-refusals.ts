import { randomUUID } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { EngineMisconfigured, openSessions, RecordRefused } from '../../../src/lib/index.js'
import { onRedis } from '../../support/servers/on-redis.js'
import type { OwnServer } from '../../support/servers/own-server.js'
import { askRedis, redisUrl, startRedis } from '../../support/servers/redis.js'
import { until, untilReplicated } from '../../support/servers/redis-sentinel.js'
import { RoughRoad } from '../../support/servers/rough-road.js'
import { idAfter } from '../../support/site.js'
import { isOutage, isPlain, type OutageSite, openOutageSite } from './outage-site.js'
import { ownRedis } from './own-redis.js'

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
      const server = await ownRedis()
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

// The server closes the connection after these words, and where it has not read the whole command, the words may be lost
// on the way. So they are put in place of an answer.
for (const words of ['Protocol error: invalid bulk length', 'string exceeds maximum allowed size (512MB)']) {
  onRedis(
    `a record that is larger than the server takes is refused, and is no outage: ${words}`,
    async (t) => {
      const road = await RoughRoad.start((await ownRedis()).port)
      t.teardown(() => road.close())
      const site = await openOutageSite(t, { engine: 'redis', redisUrl: redisUrl(road.port) })
      const session = await site.sessions.open()
      session.set<string>('text', 'long')
      road.reword = () => Buffer.from(`-ERR ${words}\r\n`)
      await t.throwsAsync(session.save(), {
        instanceOf: RecordRefused,
        message: /does not take the record: /,
      })
      road.reword = asRedis7
      t.deepEqual(site.logged, [])
      session.set<string>('text', 'short')
      await session.save()
      t.is((await site.sessions.open(session.id)).get('text'), 'short')
    },
  )
}

const asRedis7 = (reply: Buffer): Buffer => reply

/** How Redis up to 6.2 tells an error of a command in a script; Redis 7 tells the error itself. */
function asRedis6(reply: Buffer): Buffer {
  const text = reply.toString('latin1')
  const error = /^-([A-Z]+ .*?)\.? script: ([0-9a-f]{40}), on @user_script:(\d+)\.\r\n/.exec(text)
  if (error === null) return reply
  const [whole, what, sha, line] = error
  const told = `-ERR Error running script (call to f_${sha}): @user_script:${line}: -${what}. \r\n`
  return Buffer.from(text.replace(whole, told), 'latin1')
}

onRedis(
  'R14 behind an address that leads to the new primary, the old one is left at the first write that it refuses',
  async (t) => {
    const [old, next] = await Promise.all([startRedis(), startRedis()])
    t.teardown(() => {
      old.discard()
      next.discard()
    })
    for (const reword of [asRedis7, asRedis6]) {
      const told: string[] = []
      const road = await RoughRoad.start(old.port)
      const site = await openOutageSite(t, { engine: 'redis', redisUrl: redisUrl(road.port) })
      t.teardown(() => road.close())
      const id = await site.store(1)
      await tell(next, ['REPLICAOF', '127.0.0.1', String(old.port)])
      await until(next, ['INFO', 'replication'], 'master_link_status:up')
      await untilReplicated(old)
      await tell(next, ['REPLICAOF', 'NO', 'ONE'])
      await tell(old, ['REPLICAOF', '127.0.0.1', String(next.port)])
      road.reword = (reply) => {
        const words = reword(reply)
        if (words.includes('READONLY')) told.push(words.toString())
        return words
      }
      road.target = next.port
      t.is((await site.send('/', id)).body, '2')
      t.is((await site.send('/rotate', id)).cookies.length, 1)
      t.deepEqual(site.logged, [])
      t.is(told.length, 1)
      t.is(/^-ERR Error running script .* -READONLY You can't write/.test(told[0] ?? ''), reword === asRedis6)
      await tell(old, ['REPLICAOF', 'NO', 'ONE'])
    }
  },
)

const RIGHTS = ['get', 'set', 'del', 'exists', 'eval', 'evalsha', 'time', 'scan']

/** REDIS_URL of a user who may do this on these keys. */
async function userWith(server: OwnServer, rights: readonly string[], keys = '~app::*'): Promise<string> {
  const user = `user-${randomUUID()}`
  const access = ['reset', 'on', '>secret', keys, ...rights.map((right) => `+${right}`)]
  await tell(server, ['ACL', 'SETUSER', user, ...access])
  return `redis://${user}:secret@127.0.0.1:${server.port}`
}

onRedis('the rights that the documentation names are enough for everything', async (t) => {
  const server = await ownRedis()
  const redisUrl = await userWith(server, RIGHTS)
  const site = await openOutageSite(t, {
    engine: 'redis',
    redisUrl,
    keyPrefix: 'app',
    saveEveryRequest: true,
  })
  const id = await site.store(1)
  t.is((await site.send('/', id)).body, '2')
  t.is((await site.send('/read', id)).body, '2')
  const rotated = idAfter(await site.send('/rotate', id), id)
  t.is((await site.send('/end', rotated)).status, 200)
  t.is(await site.sessions.engine.clearExpired(10), 0)
  t.deepEqual(site.logged, [])
})

for (const missing of [...RIGHTS, 'the keys']) {
  onRedis(`a user without ${missing} is told so at the start`, async (t) => {
    const server = await ownRedis()
    const rights = RIGHTS.filter((right) => right !== missing)
    const redisUrl = await userWith(server, rights, missing === 'the keys' ? '~other::*' : undefined)
    const logger = { warn: () => {}, error: () => {} }
    const opening = openSessions({ engine: 'redis', redisUrl, keyPrefix: 'app', logger })
    await t.throwsAsync(opening, {
      instanceOf: EngineMisconfigured,
      message:
        /: the user of REDIS_URL needs \+get \+set \+del .* and ~app::\*$|; the user of REDIS_URL needs/,
    })
  })
}

onRedis(
  'S66 a server that takes no more connections: 503, and afterwards the next request works',
  async (t) => {
    const server = await ownRedis()
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
