import { randomUUID } from 'node:crypto'
import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import KeyvRedis from '@keyv/redis'
import test, { type ExecutionContext } from 'ava'
import { Keyv } from 'keyv'
import type { SessionStore } from '../../../../src/lib/engines/session-store.js'
import {
  keyvEngine,
  openSessions,
  type Sessions,
  type SessionsOptions,
  storeEngine,
} from '../../../../src/lib/index.js'
import { partsOf } from '../../../../src/lib/open-sessions.js'
import { mariadb, postgres } from '../../../support/databases.js'
import { temporaryDirectory } from '../../../support/server-process.js'
import { redisMissing, redisUrl, startRedis } from '../../../support/servers/redis.js'
import { sharedPort, sharedPorts } from '../../../support/servers/shared.js'
import { sqliteUrl } from '../../../support/sqlite.js'
import { type Entries, myStore } from '../../../support/stores/of-others.js'
import { testOf } from '../../../support/test-of.js'

const logger = { warn: () => {}, error: () => {} }

async function opened(t: ExecutionContext, options: SessionsOptions): Promise<Sessions> {
  const sessions = await openSessions({ cleanupInterval: 0, engineTimeout: 20_000, logger, ...options })
  t.teardown(() => sessions.close())
  return sessions
}

async function logIn(sessions: Sessions, user: string): Promise<string> {
  const session = await sessions.open()
  session.login(user)
  await session.save()
  return session.id ?? ''
}

/** One place, and other ways to spell it. */
interface Spellings {
  readonly title: string
  readonly missing?: string | undefined
  place(t: ExecutionContext): Promise<{
    readonly one: SessionsOptions
    /** By the name of the setting that the message has to say. */
    readonly others: readonly (readonly [names: string, moveFrom: SessionsOptions['moveFrom'] | object])[]
  }>
}

const spellings: readonly Spellings[] = [
  {
    title: 'file',
    async place(t) {
      const directory = await temporaryDirectory(t)
      await mkdir(join(directory, 'real'))
      await symlink('real', join(directory, 'link'))
      return {
        one: { engine: 'file', filePath: join(directory, 'real') },
        others: [['MOVE_FROM_FILE_PATH', { engine: 'file', filePath: join(directory, 'link') }]],
      }
    },
  },
  {
    title: 'SQLite',
    async place(t) {
      const directory = await temporaryDirectory(t)
      await mkdir(join(directory, 'real'))
      await symlink('real', join(directory, 'link'))
      await symlink('s.sqlite', join(directory, 'real/alias.sqlite'))
      return {
        one: { engine: 'cached_db', databaseUrl: sqliteUrl(join(directory, 'real/s.sqlite')) },
        others: [
          [
            'MOVE_FROM_DATABASE_URL',
            { engine: 'db', databaseUrl: sqliteUrl(join(directory, 'link/s.sqlite')) },
          ],
          [
            'MOVE_FROM_DATABASE_URL',
            { engine: 'db', databaseUrl: sqliteUrl(join(directory, 'real/alias.sqlite')) },
          ],
        ],
      }
    },
  },
  {
    title: 'Redis',
    missing: redisMissing,
    async place() {
      const port = await sharedPort('redis')
      const keyPrefix = randomUUID()
      const uri = redisUrl(port)
      const url = `redis://127.0.0.1:${port}`
      const kept = (tools: Parameters<ReturnType<typeof keyvEngine>>[0]) => {
        const keyv = new Keyv({ store: new KeyvRedis(uri, { namespace: keyPrefix }), namespace: keyPrefix })
        return keyvEngine(keyv)(tools)
      }
      return {
        one: { engine: 'redis', redisUrl: url, keyPrefix },
        others: [
          ['MOVE_FROM_REDIS_URL', { engine: 'redis', redisUrl: `redis://localhost:${port}` }],
          ['MOVE_FROM_REDIS_URL', { engine: 'redis', redisUrl: `${url}/0` }],
          ['moveFrom', { engine: kept }],
        ],
      }
    },
  },
  ...[postgres, mariadb].map(
    ({ title, missing, scheme, fresh }): Spellings => ({
      title,
      missing,
      async place() {
        const databaseUrl = await fresh()
        const isPostgres = scheme === 'postgres'
        const host = databaseUrl.includes('localhost') ? '127.0.0.1' : 'localhost'
        const elsewhere = databaseUrl.replace(/(?<=[/@])(localhost|127\.0\.0\.1)/, host)
        const others = [
          ['MOVE_FROM_DATABASE_URL', { engine: 'db', databaseUrl: elsewhere }],
          [
            'MOVE_FROM_DATABASE_URL',
            { engine: 'db', databaseUrl: databaseUrl.replace(/^\w+/, isPostgres ? 'postgresql' : 'mariadb') },
          ],
        ] as const
        return {
          one: { engine: 'db', databaseUrl },
          others: isPostgres
            ? [
                ...others,
                ['MOVE_FROM_DATABASE_SCHEMA', { engine: 'db', databaseSchema: 'public' }],
                ['MOVE_FROM_DATABASE_TABLE', { engine: 'db', databaseTable: 'Tessera_Sessions' }],
              ]
            : others,
        }
      },
    }),
  ),
]

for (const under of spellings)
  testOf(
    under,
    'a place that is spelled in another way is no other place: nothing is moved, nothing damaged',
    async (t) => {
      const { one, others } = await under.place(t)
      const alone = await opened(t, one)
      const id = await logIn(alone, 'ann')
      for (const [name, moveFrom] of others)
        for (const moveStep of ['prepare', 'move'] as const) {
          const error = await t.throwsAsync(opened(t, { ...one, moveFrom, moveStep } as SessionsOptions), {
            name: 'EngineMisconfigured',
            message: /are the same place/,
          })
          t.regex(error?.message ?? '', new RegExp(`${name}.* and .*(DATABASE|REDIS|FILE)_`))
          t.notRegex(error?.message ?? '', /password/)
        }
      t.is((await alone.open(id)).user, 'ann')
      t.is((await alone.forUser('ann')).length, 1)
      await logIn(alone, 'ben')
      t.is((await alone.forUser('ben')).length, 1)
      t.is(await alone.clearExpired(), 0)
    },
  )

test('a new place in which a user of the old one has logged in already is refused, one with other users is not', async (t) => {
  const one = async (): Promise<SessionsOptions> => ({
    engine: 'file',
    filePath: await temporaryDirectory(t),
  })
  const [old, used, other] = [await one(), await one(), await one()]
  const ids = [await logIn(await opened(t, old), 'ann'), await logIn(await opened(t, used), 'ann')]
  await logIn(await opened(t, other), 'ben')
  for (const moveStep of ['prepare', 'move'] as const)
    await t.throwsAsync(opened(t, { ...used, moveFrom: old, moveStep } as SessionsOptions), {
      name: 'EngineMisconfigured',
      message: /has been used already: users are logged in there .+ another KEY_PREFIX/,
    })
  t.is((await (await opened(t, old)).open(ids[0])).user, 'ann')
  t.is((await (await opened(t, used)).open(ids[1])).user, 'ann')
  const moving = { ...other, moveFrom: old, moveStep: 'move' } as SessionsOptions
  for (let start = 1; start <= 2; start++) {
    const sessions = await opened(t, moving)
    t.is((await sessions.open(ids[0])).user, 'ann')
    t.is((await sessions.forUser('ann')).length, 1, `start ${start}`)
  }
})

test('the mark that was written leaves nothing; after a crash nobody sees it, and it expires', async (t) => {
  const entries: Entries = new Map()
  let isCut = true
  let now = 1_700_000_000_000
  const store = listing(entries)
  const cut: SessionStore = {
    ...store,
    remove: (key) => (isCut ? Promise.reject(new Error('the process ends here')) : store.remove(key)),
  }
  const options: SessionsOptions = {
    clock: () => now,
    engine: storeEngine({ name: 'new', store: cut }),
    moveFrom: { engine: storeEngine({ name: 'old', store: myStore() }) },
  }
  await t.throwsAsync(opened(t, options), { message: 'the process ends here' })
  t.is(entries.size, 1)
  isCut = false
  const moving = await opened(t, options)
  t.is(entries.size, 1)
  t.is(await moving.clearExpired(), 0)
  const back = await opened(t, {
    clock: () => now,
    engine: storeEngine({ name: 'third', store: myStore() }),
    moveFrom: { engine: storeEngine({ name: 'new', store }) },
  })
  const moves = partsOf(back)?.moving
  t.true(await moves?.isEmpty())
  for await (const page of moves?.keys() ?? []) for (const key of page) t.is(await moves?.find(key), 'gone')
  now += 60_001
  await moving.clearExpired()
  t.deepEqual([...entries.keys()], ['keyv:move-processes'])
})

for (const [title, from, missing] of [
  ['a file of SQLite', { engine: 'db', databaseUrl: 'sqlite:typo.sqlite' }, /typo\.sqlite does not exist/],
  ['a directory', { engine: 'file', filePath: 'typo' }, /typo.* does not exist/],
  ['a prefix in a directory', { engine: 'file', filePath: '.', keyPrefix: 'typo' }, /typo.* does not exist/],
  [
    'a table of SQLite',
    { engine: 'db', databaseUrl: 'sqlite:there.sqlite', databaseTable: 'typo' },
    /no table typo/,
  ],
  ['a directory of Django', { engine: 'file', filePath: 'typo', codec: 'django' }, /typo.* does not exist/],
] as const)
  test(`${title} that sessions are to move out of is never made: the start says that it is missing`, async (t) => {
    const directory = await temporaryDirectory(t)
    const inIt = (options: SessionsOptions & { readonly engine: string }): SessionsOptions => ({
      ...options,
      ...(options.filePath !== undefined && { filePath: join(directory, options.filePath) }),
      ...(options.databaseUrl !== undefined && {
        databaseUrl: sqliteUrl(join(directory, options.databaseUrl.slice('sqlite:'.length))),
      }),
    })
    await (await opened(t, inIt({ engine: 'db', databaseUrl: 'sqlite:there.sqlite' }))).close()
    const to = { engine: storeEngine({ name: 'new', store: myStore() }), secretKey: 'k'.repeat(40) }
    const before = await readdir(directory)
    for (const moveStep of ['prepare', 'move'] as const)
      await t.throwsAsync(opened(t, { ...to, moveFrom: inIt(from), moveStep } as SessionsOptions), {
        name: 'EngineMisconfigured',
        message: new RegExp(`^MOVE_FROM.+${missing.source}`),
      })
    t.deepEqual(await readdir(directory), before)
  })

for (const { title, missing, fresh } of [postgres, mariadb])
  testOf({ title, missing }, 'a table that sessions are to move out of is never made', async (t) => {
    const databaseUrl = await fresh()
    const options: SessionsOptions = {
      engine: storeEngine({ name: 'new', store: myStore() }),
      moveFrom: { engine: 'db', databaseUrl },
    }
    for (let start = 1; start <= 2; start++)
      await t.throwsAsync(opened(t, options), {
        name: 'EngineMisconfigured',
        message: /^MOVE_FROM_DATABASE_URL=.+ has no table .*tessera_sessions/,
      })
  })

testOf(
  { title: 'redis', missing: redisMissing },
  'a process starts when both stores answer; which one does not is told, and nothing was written to the other',
  async (t) => {
    const server = await startRedis()
    t.teardown(() => server.stop())
    const old: SessionsOptions = { engine: 'redis', redisUrl: redisUrl(server.port) }
    const id = await logIn(await opened(t, old), 'ann')
    const entries: Entries = new Map()
    const moved = {
      engine: storeEngine({ name: 'new', store: myStore(entries) }),
      moveFrom: old,
      engineTimeout: 500,
    } as SessionsOptions
    await server.stop()
    await t.throwsAsync(opened(t, moved), {
      name: 'EngineUnavailable',
      message: /^MOVE_FROM_REDIS_URL=redis:/,
    })
    t.is(entries.size, 0)
    await server.start()
    t.is((await (await opened(t, { ...moved, engineTimeout: 20_000 })).open(id)).user, 'ann')
  },
)

testOf(
  { title: 'redis', missing: redisMissing },
  'between one server and a cluster sessions move through cookies: directly is refused, and the message says so',
  async (t) => {
    const common: SessionsOptions = {
      keyPrefix: randomUUID(),
      secretKey: 'a key of this test, and of nobody else',
    }
    const ports = await sharedPorts('redis-cluster')
    const one = { engine: 'redis', redisUrl: redisUrl(await sharedPort('redis')) } as const
    const cluster: SessionsOptions = { engine: 'redis', redisUrl: ports.map(redisUrl).join(',') }
    const id = await logIn(await opened(t, { ...common, ...one }), 'ann')
    await t.throwsAsync(opened(t, { ...common, ...cluster, moveFrom: one }), {
      message: /a way through cookies/,
    })
    const cookies = await opened(t, { ...common, engine: 'signed_cookies', moveFrom: one })
    const inCookie = await cookies.open(id)
    inCookie.set('basket', 1)
    await inCookie.save()
    const moving = await opened(t, { ...common, ...cluster, moveFrom: 'signed_cookies' })
    const there = await moving.open(inCookie.id)
    t.is(there.user, 'ann')
    t.is(there.get('basket'), 1)
    t.is((await moving.forUser('ann')).length, 1)
  },
)

test('the start warns of an old place that holds no sessions, and not of one that a move has emptied', async (t) => {
  const entries: Entries = new Map()
  const warnings: string[] = []
  const from = storeEngine({ name: 'old', store: listing(entries) })
  const options: SessionsOptions = {
    engine: storeEngine({ name: 'new', store: myStore() }),
    moveFrom: { engine: from },
    logger: { warn: (_: object, message: string) => warnings.push(message), error: () => {} },
  }
  const empty = () => warnings.splice(0).filter((text) => text.includes('holds no sessions')).length
  const first = await opened(t, options)
  t.is(empty(), 1)
  // What these put into the old store keeps names and keys free, and is no session.
  await logIn(first, 'ben')
  await first.revokeAll('ben')
  await first.close()
  await (await opened(t, options)).close()
  t.is(empty(), 1)
  const id = await logIn(await opened(t, { engine: from }), 'ann')
  const moving = await opened(t, options)
  t.is((await moving.open(id)).user, 'ann')
  await moving.close()
  for (const [key, { version }] of entries) if (version === undefined) entries.delete(key)
  await opened(t, options)
  t.is(empty(), 0)
})

/** A store in the map that can list its keys. */
function listing(entries: Entries): SessionStore {
  return {
    ...myStore(entries),
    async *keys() {
      yield [...entries.keys()]
    },
  }
}
