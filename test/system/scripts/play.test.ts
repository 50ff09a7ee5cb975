import { randomUUID } from 'node:crypto'
import test from 'ava'
import { play, playAll } from '../../../scripts/walkthrough/play.js'
import type { Scene } from '../../../scripts/walkthrough/scene.js'
import { scenes } from '../../../scripts/walkthrough/scenes/index.js'
import { openSite } from '../../site/walkthroughs/site.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { mariadbMissing, mariadbUrl, queryMariadb } from '../../support/servers/mariadb.js'
import { postgresMissing, postgresUrl, queryPostgres } from '../../support/servers/postgres.js'
import { askRedis, redisMissing, redisUrl, startRedis } from '../../support/servers/redis.js'
import { sharedPort } from '../../support/servers/shared.js'
import { testOf } from '../../support/test-of.js'

interface Store {
  readonly env: Readonly<Record<string, string>>
  /** How many records are there under a key prefix. */
  readonly count?: (prefix: string) => Promise<number>
}

const stores: readonly { title: string; missing?: string | undefined; open: () => Promise<Store> }[] = [
  { title: 'db', open: async () => ({ env: { SESSION_ENGINE: 'db' } }) },
  { title: 'cached_db', open: async () => ({ env: { SESSION_ENGINE: 'cached_db' } }) },
  { title: 'file', open: async () => ({ env: { SESSION_ENGINE: 'file' } }) },
  {
    title: 'signed_cookies, signed',
    open: async () => ({ env: { SESSION_ENGINE: 'signed_cookies', COOKIE_CODEC: 'signed' } }),
  },
  {
    title: 'signed_cookies, with a store for revocations',
    open: async () => ({ env: { SESSION_ENGINE: 'signed_cookies', REVOCATION_STORE: 'db' } }),
  },
  {
    title: 'redis',
    missing: redisMissing,
    async open() {
      const url = redisUrl(await sharedPort('redis'))
      const count = (prefix: string) =>
        askRedis(url, async (client) => (await client.keys(`${prefix}:*`)).length)
      return { env: { SESSION_ENGINE: 'redis', REDIS_URL: url }, count }
    },
  },
  {
    title: 'postgres',
    missing: postgresMissing,
    async open() {
      const url = postgresUrl(await sharedPort('postgres'))
      const sql = 'SELECT 1 FROM tessera_sessions WHERE starts_with(key, $1)'
      const count = async (prefix: string) => (await queryPostgres(url, sql, prefix)).length
      return { env: { SESSION_ENGINE: 'db', DATABASE_URL: url }, count }
    },
  },
  {
    title: 'mariadb',
    missing: mariadbMissing,
    async open() {
      const url = mariadbUrl(await sharedPort('mariadb'))
      const sql = 'SELECT 1 FROM tessera_sessions WHERE id LIKE ?'
      const count = async (prefix: string) => (await queryMariadb(url, sql, `${prefix}:%`)).length
      return { env: { SESSION_ENGINE: 'db', DATABASE_URL: url }, count }
    },
  },
]

for (const store of stores) {
  testOf(store, 'every walkthrough does as it says, and leaves nothing in the store', async (t) => {
    t.timeout(120_000)
    const { env, count } = await store.open()
    const prefix = randomUUID()
    const settings = { SESSION_FILE_PATH: await temporaryDirectory(t), KEY_PREFIX: prefix, ...env }
    const site = await openSite(t, settings)
    let printed = ''
    const write = (text: string): void => {
      printed += text
    }
    t.true(await playAll(scenes, { site, pace: 0, write, paint: (_style, text) => text }), printed)
    if (count) t.true((await count(prefix)) > 0)
    await site.discard()
    if (count) t.is(await count(prefix), 0)
  })
}

const scene = (run: Scene['play']): Scene => ({ slug: 'page-count', play: run })

test('a scene ends at the first thing that is not so, or that it cannot do', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  for (const [wrong, text] of [
    [scene(({ check }) => check('it is so', false, 'it is not')), 'it is so'],
    [scene(({ holds }) => holds('pageCount', 2)), 'the session has pageCount 2'],
    [scene(async ({ given }) => void given('count')), 'Error: no response has set the cookie count'],
    [
      scene(async ({ visitor, reads }) => reads(await visitor.open('/sessions/page-count'), '#count', '2')),
      'the page says: 2',
    ],
    [
      scene(async ({ visitor }) => void (await visitor.submit(await visitor.open('/'), '/nowhere'))),
      'Error: / has no form that is sent to /nowhere',
    ],
  ] as const) {
    const told: unknown[] = []
    t.false(await play(wrong, { site, pace: 0, tell: (event) => told.push(event) }))
    t.like(told.at(-1), { kind: 'check', ok: false, text })
  }
})

testOf(
  { title: 'redis', missing: redisMissing },
  'a store that goes down on the way is told as such',
  async (t) => {
    const redis = await startRedis()
    const site = await openSite(t, { SESSION_ENGINE: 'redis', REDIS_URL: redisUrl(redis.port) })
    const told: unknown[] = []
    const played = await play(
      scene(async ({ visitor }) => {
        await visitor.open('/sessions/page-count')
        await redis.stop()
        await visitor.open('/sessions/page-count')
      }),
      { site, pace: 0, tell: (event) => told.push(event) },
    )
    t.false(played)
    t.like(told.at(-1), { ok: false, text: 'GET /sessions/page-count is answered', instead: '503' })
  },
)

test('browsers go by the play’s clock: a cookie is over in its time, and a stolen copy keeps it', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const played = await play(
    scene(async ({ visitor, other, later, check }) => {
      const { browser } = visitor
      await visitor.open('/cookies/page-count')
      const stolen = other(browser.stolen())
      await later(14 * 86_400 - 1)
      browser.restart()
      await check(
        'a second before',
        browser.cookie('count') === '1' && browser.cookie('csrftoken') === undefined,
      )
      await later(1)
      await check('at its end', browser.cookie('count') === undefined, browser.cookie('count'))
      await check('the copy has it', stolen.browser.cookie('count') === '1')
    }),
    { site, pace: 0, tell: () => {} },
  )
  t.true(played)
})
