import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { SessionsOptions } from '../../../src/lib/index.js'
import { askRedis, redisMissing, redisUrl, startRedis } from '../../support/servers/redis.js'
import { testOf } from '../../support/test-of.js'
import { busyShop, MARKERS, type Shop } from './shop.js'
import { allBytesUnder, cookiesToTry, decoded } from './thief.js'

interface Stealable {
  readonly options: SessionsOptions
  /** A copy of everything that the store keeps, taken while it is in use. */
  steal(): Promise<string>
}

async function temporary(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

async function sqlite(t: ExecutionContext): Promise<Stealable> {
  const directory = await temporary(t)
  const path = join(directory, 'sessions.sqlite')
  return { options: { engine: 'db', databaseUrl: `sqlite:${path}` }, steal: () => allBytesUnder(directory) }
}

async function files(t: ExecutionContext): Promise<Stealable> {
  const filePath = await temporary(t)
  return { options: { engine: 'file', filePath }, steal: () => allBytesUnder(filePath) }
}

/** With its dump, its log of all commands, and what it answers. Uncompressed: a thief would decompress it. */
async function redis(t: ExecutionContext): Promise<Stealable> {
  const server = await startRedis('--rdbcompression', 'no')
  t.teardown(() => server.discard())
  const url = redisUrl(server.port)
  return {
    options: { engine: 'redis', redisUrl: url },
    steal: () =>
      askRedis(url, async (client) => {
        await client.sendCommand(['SAVE'])
        const { dir = '' } = await client.configGet('dir')
        const keys = await client.keys('*')
        return [await allBytesUnder(dir), ...keys, ...(await client.mGet(keys))].join('\n')
      }),
  }
}

const stores = [
  {
    title: 'db on SQLite, with -wal and -shm',
    prepare: sqlite,
    parts: [/sessions\.sqlite-wal/, /SQLite format 3/],
  },
  { title: 'file', prepare: files, parts: [/[0-9a-f]{64}\.json/] },
  {
    title: 'redis, dump and log',
    missing: redisMissing,
    prepare: redis,
    parts: [/dump\.rdb/, /REDIS0\d/, /appendonly\.aof/, /EVALSHA|SET\r\n/i],
  },
]

async function robbed(t: ExecutionContext, prepare: typeof sqlite, codec: 'json' | 'sealed') {
  const { options, steal } = await prepare(t)
  const shop: Shop = await busyShop(t, { ...options, codec })
  return { shop, stolen: await steal() }
}

for (const { prepare, parts, ...under } of stores) {
  for (const codec of ['json', 'sealed'] as const) {
    testOf(
      under,
      `S05 CODEC=${codec}: a stolen copy holds no id, in no coding, and none of it logs anyone in`,
      async (t) => {
        const { shop, stolen } = await robbed(t, prepare, codec)
        for (const part of parts) t.regex(stolen, part)
        t.is(shop.sent.size, 7)
        const text = decoded(stolen)
        for (const id of shop.sent) {
          t.false(text.includes(id), 'an id')
          t.false(text.includes([...id].reverse().join('')), 'an id backwards')
        }

        const known = await Promise.all([...shop.sent].map(shop.whoIs))
        t.deepEqual(
          [...new Set(known)].sort(),
          ['ada-zq7lovelace', 'grace-zq7hopper', 'nobody'],
          'ids do log in',
        )
        const tries = cookiesToTry(stolen)
        t.true(tries.length > 100)
        for (const cookie of tries) {
          if ((await shop.whoIs(cookie)) !== 'nobody') t.fail('something that was stolen logs in')
        }
      },
    )
  }

  testOf(under, 'CODEC=sealed: a stolen copy holds no data, where CODEC=json shows all of it', async (t) => {
    const [open, sealed] = [await robbed(t, prepare, 'json'), await robbed(t, prepare, 'sealed')]
    const [readable, unreadable] = [decoded(open.stolen), decoded(sealed.stolen)]
    for (const marker of MARKERS) {
      t.true(readable.includes(marker), marker)
      t.false(unreadable.includes(marker), marker)
    }
    t.notRegex(unreadable, /lovelace|hopper|createdAt|"data"/i)
  })
}

test('the thief finds an id in any coding', (t) => {
  const id = 'k3j9x0qk2v7w5b8n1m4c6z0a9s8d7f6g'
  const inside = (text: string): boolean => decoded(`...${text}...`).includes(id)
  t.true(inside(id))
  t.true(inside(Buffer.from(id).toString('hex')))
  for (const before of ['', 'a', 'ab', 'abc']) {
    t.true(inside(Buffer.from(before + id).toString('base64')))
    t.true(inside(`x${Buffer.from(before + id).toString('base64url')}`))
  }
  t.false(inside(id.toUpperCase()))
  t.true(cookiesToTry(`\0\u0001"${id}"\0`).includes(id))
})
