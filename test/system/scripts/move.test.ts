import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openSessions, type Sessions, type SessionsOptions } from '../../../src/lib/index.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { askRedis, redisMissing, redisUrl } from '../../support/servers/redis.js'
import { sharedPort } from '../../support/servers/shared.js'
import { otherConnection, sqliteUrl } from '../../support/sqlite.js'
import { testOf } from '../../support/test-of.js'
import { type Ended, Script } from './script.js'

const KEY = 'the key of today that nobody can guess'
const logger = { warn: () => {}, error: () => {} }

/** Sessions in SQLite that are to move to Redis. */
async function stage(t: ExecutionContext) {
  const path = join(await temporaryDirectory(t), 'old.sqlite')
  const keyPrefix = randomUUID()
  const url = redisUrl(await sharedPort('redis'))
  const old: SessionsOptions = { engine: 'db', databaseUrl: sqliteUrl(path), keyPrefix }
  const moved: SessionsOptions = { engine: 'redis', redisUrl: url, keyPrefix }
  const env: Record<string, string> = {
    SESSION_ENGINE: 'redis',
    REDIS_URL: url,
    KEY_PREFIX: keyPrefix,
    MOVE_FROM: 'db',
    MOVE_FROM_DATABASE_URL: sqliteUrl(path),
    SECRET_KEY: KEY,
  }
  return {
    env,
    old,
    moved: { ...moved, moveFrom: { engine: 'db', databaseUrl: sqliteUrl(path) } } as SessionsOptions,
    alone: moved,
    open: (options: SessionsOptions) => opened(t, options),
    command: (args: readonly string[] = [], more: Record<string, string> = {}): Script =>
      new Script(t, 'koa-tessera', ['move', ...args], { ...env, ...more }),
    keysInNew: () => askRedis(url, (client) => client.keys(`*${keyPrefix}*`)),
    rowsInOld: () => rowsIn(path),
  }
}

async function rowsIn(path: string): Promise<string> {
  const other = otherConnection(path)
  const rows = await other.query('SELECT * FROM tessera_sessions ORDER BY key')
  await other.disconnect()
  return JSON.stringify(rows)
}

async function opened(t: ExecutionContext, options: SessionsOptions): Promise<Sessions> {
  const sessions = await openSessions({ cleanupInterval: 0, engineTimeout: 20_000, logger, ...options })
  t.teardown(() => sessions.close())
  return sessions
}

/** So many sessions, every other one with a user; answers their ids. */
async function fill(sessions: Sessions, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const session = await sessions.open()
      session.set('at', at)
      if (at % 2 === 1) session.login(`user ${at}`)
      await session.save()
      return session.id ?? ''
    }),
  )
}

async function assertAllThere(
  t: ExecutionContext,
  sessions: Sessions,
  ids: readonly string[],
): Promise<void> {
  for (const [at, id] of ids.entries()) t.is((await sessions.open(id)).get('at'), at)
  t.is((await sessions.forUser('user 1')).length, 1)
}

const jsonIn = ({ stdout }: Ended): Record<string, unknown> => JSON.parse(stdout)

const redis = { title: 'move to redis', missing: redisMissing }

testOf(
  redis,
  'a rehearsal changes nothing; then all is moved, and the command says that the old store can go',
  async (t) => {
    const { old, alone, open, command, keysInNew, rowsInOld } = await stage(t)
    const before = await open(old)
    const ids = await fill(before, 20)
    const rows = await rowsInOld()
    const rehearsal = await command(['--dry-run']).end()
    t.like(rehearsal, { code: 0, stderr: '' })
    t.is(rehearsal.stdout, '  30 sessions and lists left in db, to be moved to redis; nothing was changed\n')
    t.is(await rowsInOld(), rows)
    t.deepEqual(await keysInNew(), [])
    const done = await command(['--rate', '100000']).end()
    t.is(done.code, 0, done.stderr)
    t.regex(done.stderr, /^ {2}no process says .+ db alone, end it now: .+ --stopped says that none runs\n$/)
    t.regex(done.stdout, /^ {2}30 sessions and lists moved from db to redis in \d+\.\d s\n.+db can go\.\n$/)
    await assertAllThere(t, await open(alone), ids)
    t.deepEqual(jsonIn(await command(['--json']).end()).moved, 0)
    // Tombstones stand where they were.
    const back = { ...old, moveFrom: { ...alone, engine: 'redis' } } as SessionsOptions
    await t.throwsAsync(open(back), { message: /another KEY_PREFIX/ })
  },
)

testOf(
  redis,
  'beside a process that is announced, one that knows nothing of the move and begins sessions is noticed',
  async (t) => {
    const { old, moved, open, command } = await stage(t)
    const plain = await open(old)
    const ids = await fill(plain, 4)
    await open(moved)
    // As in the third minute of a move.
    await fill(await open({ ...old, clock: () => Date.now() + 180_000 }), 1)
    const stopped = await command().end()
    t.like(stopped, { code: 1, stdout: '' })
    t.regex(stopped.stderr, /^db is still used: a session has begun there since.+--stopped/)
    const done = await command(['--stopped']).end()
    t.is(done.code, 0, done.stderr)
    await assertAllThere(t, await open({ ...moved }), ids)
  },
)

testOf(redis, 'killed in the middle, it goes on when it is called again, and nobody is lost', async (t) => {
  const { old, alone, open, command, keysInNew } = await stage(t)
  const ids = await fill(await open(old), 120)
  const first = command(['--rate', '300', '--stopped'])
  while ((await keysInNew()).length < 20) {}
  first.child.kill('SIGKILL')
  t.is((await first.end()).code, 'SIGKILL')
  const second = jsonIn(await command(['--rate', '100000', '--json', '--stopped']).end())
  t.is(second.left, 0)
  t.true(Number(second.moved) > 0 && Number(second.moved) < 180, String(second.moved))
  await assertAllThere(t, await open(alone), ids)
})

testOf(
  redis,
  'no step can be left out: who still prepares is named, and so is a server that knows nothing of the move',
  async (t) => {
    const { old, moved, open, command } = await stage(t)
    const plain = await open(old)
    const ids = await fill(plain, 4)
    // What its sweeper does once an hour.
    t.true(await plain.engine.lease?.('sweep', 3_000_000))
    const unprepared = await command().end()
    t.is(unprepared.code, 1)
    t.regex(unprepared.stderr, /knows nothing of the move has swept db not long ago/)
    const prepare = await open({ ...moved, moveStep: 'prepare' })
    const status = jsonIn(await command(['--status', '--json']).end())
    t.like(status, { from: 'db', to: 'redis', left: 7, isFinished: false })
    t.like((status.processes as object[])[0], { step: 'prepare', pid: process.pid })
    t.regex(String(status.next), /start them again.+MOVE_STEP=move/)
    t.regex((await command(['--status']).end()).stdout, new RegExp(`MOVE_STEP=prepare .+ ${process.pid} `))
    for (const args of [[], ['--dry-run']]) {
      const refused = await command(args).end()
      t.is(refused.code, 1)
      t.true(refused.stderr.includes(`${process.pid}. Start them again with MOVE_STEP=move first`))
    }
    const itself = await command([], { MOVE_STEP: 'prepare' }).end()
    t.like(itself, { code: 1, stdout: '' })
    t.regex(itself.stderr, /^MOVE_STEP is prepare/)
    await prepare.close()
    const move = await open(moved)
    const done = await command().end()
    t.is(done.code, 0)
    t.regex(done.stdout, /Start the processes again without MOVE_FROM: when none is shown here, db can go/)
    await assertAllThere(t, move, ids)
    await t.throwsAsync(open({ ...moved, moveStep: 'prepare' }), { message: /everything has been moved/ })
  },
)

testOf(
  redis,
  'what cannot be read stays, is counted, and keeps the old store from being given up',
  async (t) => {
    const { old, open, command, rowsInOld, keysInNew } = await stage(t)
    await fill(await open({ ...old, codec: 'sealed', secretKey: `${KEY} but last year’s` }), 2)
    const rows = await rowsInOld()
    const ended = await command(['--stopped'], { MOVE_FROM_CODEC: 'sealed' }).end()
    t.is(ended.code, 1)
    t.regex(ended.stdout, /3 entries cannot be read, and stay where they are/)
    t.notRegex(ended.stdout, /can go/)
    const status = await command(['--status'], { MOVE_FROM_CODEC: 'sealed' }).end()
    t.regex(status.stdout, /3 entries cannot be read.+Find out first why/s)
    t.notRegex(status.stdout, /can go\./)
    t.is(await rowsInOld(), rows)
    t.deepEqual(await keysInNew(), [])
  },
)

test('a place that cannot be the right one is refused, whatever is asked: the same one, a missing one, one that never held a session', async (t) => {
  const directory = await temporaryDirectory(t)
  await mkdir(join(directory, 'real'))
  await symlink('real', join(directory, 'link'))
  const at = (name: string): string => sqliteUrl(join(directory, name))
  const plain = await opened(t, { databaseUrl: at('real/old.sqlite') })
  const ids = await fill(plain, 2)
  await (await opened(t, { databaseUrl: at('real/empty.sqlite') })).close()
  const rows = () => rowsIn(join(directory, 'real/old.sqlite'))
  const before = await rows()
  const move = (args: readonly string[], env: Record<string, string>) =>
    new Script(t, 'koa-tessera', ['move', ...args], {
      SECRET_KEY: KEY,
      SESSION_FILE_PATH: join(directory, 'new'),
      MOVE_FROM: 'db',
      ...env,
    }).end()
  const same = { DATABASE_URL: at('real/old.sqlite'), MOVE_FROM_DATABASE_URL: at('link/old.sqlite') }
  const missing = { SESSION_ENGINE: 'file', MOVE_FROM_DATABASE_URL: at('real/typo.sqlite') }
  const empty = { SESSION_ENGINE: 'file', MOVE_FROM_DATABASE_URL: at('real/empty.sqlite') }
  const wrong = { SESSION_ENGINE: 'file', MOVE_FROM_DATABASEURL: at('real/old.sqlite') }
  for (const [env, ways, expected] of [
    [
      same,
      ['', '--stopped', '--dry-run', '--status'],
      /^MOVE_FROM_DATABASE_URL=sqlite:\S+link.+ and DATABASE_URL=sqlite:\S+real.+ are the same place/,
    ],
    [missing, [''], /^MOVE_FROM_DATABASE_URL=sqlite:\S+: .+typo\.sqlite\S* does not exist/],
    [
      empty,
      ['', '--dry-run', '--status'],
      /^MOVE_FROM_DATABASE_URL=sqlite:\S+empty\.sqlite\S* holds no sessions, and none have been moved out/,
    ],
    [wrong, [''], /^MOVE_FROM_DATABASEURL .+Did you mean MOVE_FROM_DATABASE_URL\?$/m],
  ] as const)
    for (const way of ways) {
      const { code, stdout, stderr } = await move(way === '' ? [] : [way], env)
      t.is(code, 1, stdout)
      const isTable = env === empty && way === '--status'
      t.regex(isTable ? (stdout.trimEnd().split('\n  ').at(-1) ?? '') : stderr, expected)
    }
  t.is(await rows(), before)
  t.deepEqual(
    (await readdir(join(directory, 'real'))).filter((name) => name.startsWith('typo')),
    [],
  )

  const right: Record<string, string> = {
    SESSION_ENGINE: 'file',
    MOVE_FROM_DATABASE_URL: at('real/old.sqlite'),
  }
  await rm(join(directory, 'new'), { recursive: true })
  const rehearsal = await move(['--dry-run'], right)
  t.is(rehearsal.stdout, '  3 sessions and lists left in db, to be moved to file; nothing was changed\n')
  t.is((await move(['--status'], right)).code, 0)
  t.deepEqual((await readdir(directory)).toSorted(), ['link', 'real'], 'nor is a new place made')
  const server = await opened(t, {
    engine: 'file',
    filePath: join(directory, 'new'),
    moveFrom: { engine: 'db', databaseUrl: at('real/old.sqlite') },
  })
  for (const id of ids) await server.open(id)
  await server.forUser('user 1')
  await server.close()
  t.like(await move(['--stopped'], right), { code: 0, stderr: '' })
})

testOf(
  redis,
  'sessions and revoke look into both stores, move nothing, and are no step of the move',
  async (t) => {
    const { old, moved, open, env, rowsInOld } = await stage(t)
    const plain = await open(old)
    const [, id] = await fill(plain, 2)
    const rows = await rowsInOld()
    const other = (...args: readonly string[]) =>
      new Script(t, 'koa-tessera', [...args, '--user', 'user 1', '--json'], env).end()
    const listed = await other('sessions')
    t.is(JSON.parse(listed.stdout).length, 1, listed.stderr)
    t.is(await rowsInOld(), rows)
    t.is((await plain.open(id)).user, 'user 1')
    const move = await open(moved)
    t.is((await move.open(id)).user, 'user 1')
    t.like(jsonIn(await other('revoke', '--all')), { ended: 1 })
    t.is((await move.open(id)).user, undefined)
  },
)

testOf(
  redis,
  '--stopped is not believed while a process says that it puts sessions into the old store',
  async (t) => {
    const { old, moved, open, command } = await stage(t)
    await fill(await open(old), 2)
    const prepare = await open({ ...moved, moveStep: 'prepare' })
    const refused = await command(['--stopped']).end()
    t.like(refused, { code: 1, stdout: '' })
    t.regex(refused.stderr, new RegExp(`^--stopped says .+ ${process.pid}\\. End them first`))
    await prepare.close()
    const done = await command(['--stopped']).end()
    t.is(done.code, 0)
    t.regex(
      done.stdout,
      /Nothing is left\. Leave out MOVE_FROM: .+ with the settings from before, db can go\.\n$/,
    )
  },
)

test('without MOVE_FROM records are written anew: sealed, with another key, and plain again', async (t) => {
  const databaseUrl = sqliteUrl(join(await temporaryDirectory(t), 'sessions.sqlite'))
  const options: SessionsOptions = { engine: 'db', databaseUrl, secretKey: KEY }
  const ids = await fill(await opened(t, options), 6)
  const env = { DATABASE_URL: databaseUrl, SECRET_KEY: KEY }
  const dated = { PLAIN_RECORDS_UNTIL: '2999-01-01', CODEC: 'sealed' }
  const next = `${KEY} and tomorrow`
  for (const [more, now] of [
    [dated, { codec: 'sealed' }],
    [
      { CODEC: 'sealed', SECRET_KEY: next, SECRET_KEY_FALLBACKS: KEY },
      { codec: 'sealed', secretKey: next },
    ],
    [{ SECRET_KEY: next }, {}],
  ] as const) {
    const command = () => new Script(t, 'koa-tessera', ['move', '--json'], { ...env, ...more }).end()
    t.like(jsonIn(await command()), { moved: 9, left: 0, unreadable: 0 })
    t.like(jsonIn(await command()), { moved: 0 })
    await assertAllThere(t, await opened(t, { ...options, ...now, secretKeyFallbacks: [] }), ids)
  }
  const wrong = await new Script(t, 'koa-tessera', ['move', '--status', '--dry-run'], env).end()
  t.like(wrong, { code: 2, stdout: '' })
})
