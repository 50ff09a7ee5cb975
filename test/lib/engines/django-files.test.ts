import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import test from 'ava'
import { momentsIn } from '../../../src/lib/codecs/django/moments.js'
import { DjangoSigner, SESSION_SALT } from '../../../src/lib/codecs/django/signing.js'
import { openSessions, type Sessions, type SessionsOptions } from '../../../src/lib/index.js'
import { DjangoProject, type DjangoSays, djangoMissing, SECRET } from '../../support/django/project.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { testOf } from '../../support/test-of.js'

const signer = new DjangoSigner(SESSION_SALT, [SECRET])
const KEY = 'abcdefghijklmnopqrstuvwxyz012345'
const HOUR = 3_600_000
const FORTNIGHT = 14 * 24 * HOUR

async function opened(
  t: ExecutionContext,
  filePath: string,
  clock?: () => number,
  options: SessionsOptions = {},
): Promise<Sessions> {
  const sessions = await openSessions({
    engine: 'file',
    codec: 'django',
    filePath,
    secretKey: SECRET,
    cleanupInterval: 0,
    logger: { warn() {}, error() {} },
    ...(clock && { clock }),
    ...options,
  })
  t.teardown(() => sessions.close())
  return sessions
}

/** What the only session file says. */
async function textIn(directory: string, key: string | undefined): Promise<string | undefined> {
  return signer.verify(await readFile(join(directory, `sessionid${key}`), 'ascii'))?.text
}

async function write(directory: string, json: string, at: number, key = KEY): Promise<string> {
  const path = join(directory, `sessionid${key}`)
  await writeFile(path, signer.sign(json, at))
  await utimes(path, at / 1000, at / 1000)
  return path
}

testOf(
  { title: 'file with Django', missing: djangoMissing },
  'what one of Django and Tessera puts into a session file the other reads, and a log-out on either side ends both',
  async (t) => {
    const directory = await temporaryDirectory(t)
    const django = new DjangoProject({
      url: `sqlite:${join(directory, 'none')}`,
      env: { SESSION_ENGINE: 'django.contrib.sessions.backends.file', SESSION_FILE_PATH: directory },
    })
    t.teardown(() => django.stop())
    const sessions = await opened(t, directory)

    const ours = await sessions.open()
    ours.update({ a: 1, b: 'é😀', c: [null, true, 2.5], d: { e: {} } })
    await ours.save()
    t.is((await stat(join(directory, `sessionid${ours.id}`))).mode & 0o777, 0o600)
    const seen = await django.do<DjangoSays>('open', { key: ours.id })
    t.deepEqual(seen.data, { a: 1, b: 'é😀', c: [null, true, 2.5], d: { e: {} } })

    await django.do('eval', { values: "{'f': 1.0, 'g': 2**70, '1': float('nan')}" })
    await django.do('save')
    const again = await sessions.open(ours.id)
    t.deepEqual([again.get('a'), again.get('f'), again.get('1')], [1, 1, null])
    await again.set('a', 2).save()
    t.regex(
      (await textIn(directory, ours.id)) ?? '',
      /^{"a":2,.*"f":1\.0,"g":1180591620717411303424,"1":NaN}$/,
    )
    t.regex(
      await django.do<string>('read', { key: ours.id }),
      /^{'a': 2,.*'f': 1\.0, 'g': 1180591620717411303424, '1': nan}$/,
    )

    again.flush()
    await again.save()
    t.deepEqual((await django.do<DjangoSays>('open', { key: ours.id })).data, {})

    const theirs = await django
      .do<string>('set', { name: 'theirs', values: { a: 1 } })
      .then(() => django.do<string>('save', { name: 'theirs' }))
    t.is((await sessions.open(theirs)).get('a'), 1)
    const late = await sessions.open(theirs)
    await django.do('flush', { name: 'theirs' })
    t.true((await sessions.open(theirs)).isEmpty())
    await t.throwsAsync(late.set('a', 2).save(), { code: 'E_SESSION_INTERRUPTED' })
    t.deepEqual(await readdir(directory), [])
  },
)

test('a session file ends at its own expiry, counted from when it was written', async (t) => {
  const directory = await temporaryDirectory(t)
  let now = Date.parse('2026-01-01T00:00:00Z')
  const began = now
  const sessions = await opened(t, directory, () => now)
  const moment = momentsIn().toIso(began + HOUR)
  for (const [json, life] of [
    ['{}', FORTNIGHT],
    ['{"_session_expiry":60}', 60_000],
    ['{"_session_expiry":0}', FORTNIGHT],
    [`{"_session_expiry":"${moment}"}`, HOUR],
  ] as const) {
    now = began
    await write(directory, json, began)
    now = began + life - 1
    t.is((await sessions.open(KEY)).id, KEY, json)
    await sessions.clearExpired()
    now = began + life
    t.is((await sessions.open(KEY)).id, undefined, json)
    t.is(await sessions.clearExpired(), 0)
    now += 1
    t.is(await sessions.clearExpired(), 1)
  }
  t.deepEqual(await readdir(directory), [])
})

test('what setExpiry says stands in the file as Django’s _session_expiry', async (t) => {
  const directory = await temporaryDirectory(t)
  let now = Date.parse('2026-01-01T00:00:00Z')
  const sessions = await opened(t, directory, () => now)
  const session = await sessions.open()
  for (const [expiry, written] of [
    [60, '{"a":1,"_session_expiry":60}'],
    [0, '{"a":1,"_session_expiry":0}'],
    [new Date(now + HOUR), '{"a":1,"_session_expiry":"2026-01-01T01:00:00+00:00"}'],
    [null, '{"a":1}'],
  ] as const) {
    session.set('a', 1).setExpiry(expiry)
    await session.save()
    t.is(await textIn(directory, session.id), written)
  }
  now += FORTNIGHT - 1
  t.is((await sessions.open(session.id)).get('a'), 1)
  now += 1
  t.true((await sessions.open(session.id)).isEmpty())
})

test('a timeout of ours ends a file before the moment that its session was set to end at, and uses put it off', async (t) => {
  const directory = await temporaryDirectory(t)
  let now = Date.parse('2026-01-01T00:00:00Z')
  const sessions = await opened(t, directory, () => now, { idleTimeout: 100 })
  const session = await sessions.open()
  session.set('a', 1).setExpiry(new Date(now + 150_000))
  await session.save()
  const id = session.id ?? ''
  const { engine } = sessions
  const endOf = async () => {
    const loaded = await engine.load(id)
    return loaded.kind === 'found' ? loaded.record.expires - Date.parse('2026-01-01T00:00:00Z') : loaded.kind
  }
  t.is(await endOf(), 100_000)
  now += 50_000
  t.is((await engine.touch(id, now + 90_000)).kind, 'touched')
  t.is(await endOf(), 140_000)
  t.is((await engine.touch(id, now + 100_000)).kind, 'touched')
  t.is(await endOf(), 150_000)
  // Django writes the file anew, and knows no timeout.
  await write(directory, (await textIn(directory, id)) ?? '', now, id)
  t.is(await endOf(), 150_000)
  now += 100_000
  t.is(await endOf(), 'missing')
})

test('of 60 changes by two sides at once none is lost, and one of two rotations wins', async (t) => {
  const directory = await temporaryDirectory(t)
  const sides = [await opened(t, directory), await opened(t, directory)] as const
  const first = await sides[0].open()
  await first.set('count', 0).save()
  const add = async (sessions: Sessions, n: number) => {
    const session = await sessions.open(first.id)
    session.transform('count', (count) => Number(count) + 1)
    session.set(`key${n}`, n)
    await session.save()
  }
  await Promise.all(Array.from({ length: 60 }, (_, n) => add(sides[n % 2 === 0 ? 0 : 1], n)))
  const session = await sides[0].open(first.id)
  t.is(session.get('count'), 60)
  t.is(session.size, 61)

  const rotations = await Promise.allSettled(
    sides.map(async (sessions) => {
      const one = await sessions.open(first.id)
      one.cycleKey()
      await one.save()
      return one.id
    }),
  )
  t.is(rotations.filter(({ status }) => status === 'fulfilled').length, 1)
  t.is((await readdir(directory)).length, 1, 'one file, no lock and no old id')
})

test('files that Django did not sign with our key are neither sessions nor ours, and no id leads out of the directory', async (t) => {
  const directory = await temporaryDirectory(t)
  const path = join(directory, 'sessions')
  await mkdir(path, { mode: 0o700 })
  const sessions = await opened(t, path)
  const others = new DjangoSigner(SESSION_SALT, [
    'another key of fifty characters, which nobody here has',
  ]).sign('{"a":1}', Date.now())
  const outside = await write(directory, '{"a":1}', Date.now())
  const contents: Record<string, string> = {
    [`sessionid${KEY}`]: others,
    [`sessionid${'b'.repeat(32)}`]: '',
    'other.lock': 'of somebody else',
    [`sessionid${'c'.repeat(8)}`]: 'too short',
  }
  for (const [name, text] of Object.entries(contents)) await writeFile(join(path, name), text)
  await symlink(outside, join(path, `sessionid${'d'.repeat(32)}`))

  for (const id of [
    KEY,
    'b'.repeat(32),
    'd'.repeat(32),
    `../${KEY}`,
    `../sessionid${KEY}`.slice(-32),
    KEY.toUpperCase(),
  ]) {
    const session = await sessions.open(id)
    t.true(session.isEmpty(), id)
    t.is(session.id, undefined)
    session.flush()
    await session.save()
  }
  await sessions.clearExpired()
  for (const [name, text] of Object.entries(contents)) t.is(await readFile(join(path, name), 'utf8'), text)
  t.is((await readdir(path)).length, 5)
})
