import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { isWithin } from '../../../src/lib/commands/check-packages.js'
import type { Finding } from '../../../src/lib/commands/finding.js'
import { openSessions } from '../../../src/lib/index.js'
import { root } from '../../support/root.js'
import { mariadbMissing, mariadbUrl, queryMariadb } from '../../support/servers/mariadb.js'
import { postgresMissing, postgresUrl, queryPostgres } from '../../support/servers/postgres.js'
import { askRedis, redisMissing, redisUrl, startRedis } from '../../support/servers/redis.js'
import { sharedPort } from '../../support/servers/shared.js'
import { testOf } from '../../support/test-of.js'

const PROGRAM = join(root, 'build/src/lib/commands/koa-tessera.js')
const KEY = 'Vj0aZ3wq8RkX5tYh2LmN7bPc4sDf6gUe'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `koa-tessera` in an empty folder; a busy machine must not look like a slow store. */
async function command(
  t: ExecutionContext,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Ended> {
  const cwd = await mkdtemp(join(tmpdir(), 'tessera-'))
  t.teardown(() => rm(cwd, { recursive: true, force: true }))
  const all = { PATH: process.env.PATH, SECRET_KEY: KEY, ENGINE_TIMEOUT: '20000', ...env }
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { cwd, env: all }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    )
  })
}

async function doctor(
  t: ExecutionContext,
  env: Record<string, string>,
): Promise<{ code: number; ok: boolean; found: (about: string) => Finding | undefined }> {
  const { code, stdout } = await command(t, ['doctor', '--json'], env)
  const { ok, findings }: { ok: boolean; findings: Finding[] } = JSON.parse(stdout)
  return { code, ok, found: (name) => findings.find(({ about }) => about === name) }
}

testOf(
  { title: 'redis', missing: redisMissing },
  'a server that evicts is wrong, and one that forgets is told',
  async (t) => {
    const own = await startRedis(
      '--appendonly',
      'no',
      '--maxmemory',
      '50mb',
      '--maxmemory-policy',
      'allkeys-lru',
    )
    t.teardown(() => own.discard())
    const url = redisUrl(own.port)
    const env = { SESSION_ENGINE: 'redis', REDIS_URL: url, NODE_ENV: 'production' }
    const bad = await doctor(t, env)
    t.like(bad, { code: 1, ok: false })
    t.like(bad.found('eviction'), { status: 'wrong' })
    t.regex(bad.found('eviction')?.text ?? '', /allkeys-lru.+noeviction/)
    t.like(bad.found('persistence'), { status: 'doubtful' })

    await askRedis(url, async (client) => {
      await client.configSet({ 'maxmemory-policy': 'noeviction', appendonly: 'yes' })
    })
    const good = await doctor(t, env)
    t.like(good, { code: 0, ok: true })
    t.like(good.found('eviction'), { status: 'good' })
    t.like(good.found('persistence'), { status: 'good' })
    t.regex(good.found('server')?.text ?? '', /^(Redis|Valkey) \d+\.\d+/)
    t.like(good.found('clock'), { status: 'good' })
    t.is(await askRedis(url, (client) => client.dbSize()), 0, 'nothing is left')

    // A user with what sessions need, and no more.
    await askRedis(url, (client) =>
      client.sendCommand(
        'ACL SETUSER few on >hush ~keyv::* +get +set +del +exists +eval +evalsha +time +scan'.split(' '),
      ),
    )
    const few = await doctor(t, { ...env, REDIS_URL: url.replace('//', '//few:hush@') })
    t.like(few, { code: 0, ok: true })
    t.like(few.found('server'), { status: 'note' })

    const conformance = await command(t, ['conformance', 'redis'], { REDIS_URL: url })
    t.is(conformance.code, 0, conformance.stdout)
    t.is(await askRedis(url, (client) => client.dbSize()), 0, 'nothing is left')
  },
)

for (const [title, missing, server, urlOf, tables] of [
  [
    'PostgreSQL',
    postgresMissing,
    'postgres',
    postgresUrl,
    (url: string) =>
      queryPostgres(url, "SELECT 1 FROM pg_tables WHERE tablename LIKE 'tessera_conformance%'"),
  ],
  [
    'MariaDB',
    mariadbMissing,
    'mariadb',
    mariadbUrl,
    (url: string) => queryMariadb(url, "SHOW TABLES LIKE 'tessera_conformance%'"),
  ],
] as const) {
  testOf(
    { title, missing },
    'its version and its clock are told, and what conformance makes there is removed',
    async (t) => {
      const url = urlOf(await sharedPort(server))
      const env = { SESSION_ENGINE: 'db', DATABASE_URL: url }
      const { code, found } = await doctor(t, env)
      t.is(code, 0)
      t.regex(found('server')?.text ?? '', new RegExp(`^${title} \\d+`))
      t.like(found('clock'), { status: 'good' })
      t.like(found('server'), { status: 'good' })
      const { code: tried, stdout } = await command(t, ['conformance', 'db'], env)
      t.is(tried, 0, stdout)
      t.deepEqual(await tables(url), [])
    },
  )
}

test('a store that is down, a password in its URL, and a key that can be guessed', async (t) => {
  const env = { SESSION_ENGINE: 'redis', REDIS_URL: 'redis://tessera:hush@127.0.0.1:1' }
  const { code, stdout, stderr } = await command(t, ['doctor'], { ...env, SECRET_KEY: 'changeme'.repeat(5) })
  t.is(code, 1)
  t.is(stderr, '')
  t.regex(
    stdout,
    /✗ engine redis +The sessions cannot be opened: Redis at redis:\/\/127\.0\.0\.1:1 cannot be used/,
  )
  t.regex(stdout, /! settings +SECRET_KEY \(environment\)/)
  t.notRegex(stdout, /hush|changeme/)
})

test('versions are compared as npm does, in the ranges that package.json has', (t) => {
  for (const [version, range, expected] of [
    ['2.1.10', '^2.1.10', true],
    ['2.1.9', '^2.1.10', false],
    ['3.0.0', '^2.1.10', false],
    ['3.3.0', '^2.16 || ^3', true],
    ['2.15.9', '^2.16 || ^3', false],
    ['15.1', '>=10.6', true],
  ] as const)
    t.is(isWithin(version, range), expected, `${version} ${range}`)
})

test('where sessions are to be moved from is looked at: missing, empty, the same place, and a name that is misspelled', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const at = (name: string): string => `sqlite:${join(directory, name)}`
  const sessions = await openSessions({ databaseUrl: at('old.sqlite'), cleanupInterval: 0 })
  t.teardown(() => sessions.close())
  const env = { SESSION_ENGINE: 'file', MOVE_FROM: 'db', MOVE_FROM_DATABASE_URL: at('old.sqlite') }
  const empty = (await doctor(t, env)).found('move')
  t.is(empty?.status, 'doubtful')
  t.regex(empty?.text ?? '', /holds no sessions/)
  const session = await sessions.open()
  session.set('basket', 1)
  await session.save()
  t.like((await doctor(t, env)).found('move'), { status: 'good' })
  const missing = await doctor(t, { ...env, MOVE_FROM_DATABASE_URL: at('typo.sqlite') })
  t.is(missing.code, 1)
  t.regex(missing.found('move')?.text ?? '', /typo\.sqlite does not exist/)
  await symlink('old.sqlite', join(directory, 'link.sqlite'))
  const same = await doctor(t, { ...env, SESSION_ENGINE: 'db', DATABASE_URL: at('link.sqlite') })
  t.regex(same.found('move')?.text ?? '', /are the same place/)
  const misspelled = await doctor(t, { ...env, MOVE_FROM_DATABASEURL: 'x' })
  t.regex(misspelled.found('settings')?.text ?? '', /Did you mean MOVE_FROM_DATABASE_URL\?$/)
})
