import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createIn, rotateIn } from '../../../src/lib/conformance/drawing.js'
import { keyOf } from '../../../src/lib/engines/ids.js'
import { EngineUnavailable, RecordRefused } from '../../../src/lib/index.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { isRoot } from '../../support/servers/machine.js'
import { stall } from '../../support/stall.js'
import { everythingIn, type FileBench, leftoversIn, openFileBench, sessionsIn } from './file-bench.js'

/** The same directory twice: only what is to fail is done by the one that gives up soon, however busy the machine is. */
async function openWithHasty(t: ExecutionContext): Promise<{ bench: FileBench; hasty: FileBench }> {
  const bench = await openFileBench(t, { engineTimeout: 20_000 })
  return { bench, hasty: await openFileBench(t, { filePath: bench.filePath, engineTimeout: 200 }) }
}

const NOBODY = 'n'.repeat(32)

test.serial('file: S72 directories are the owner’s alone, and files too, whatever the umask', async (t) => {
  const before = process.umask(0)
  t.teardown(() => process.umask(before))
  const bench = await openFileBench(t)
  const id = await createIn(bench.engine, bench.record())
  await bench.engine.update(id, bench.record({ n: 1 }), 1)
  await rotateIn(bench.engine, id, bench.record({ n: 2 }), 2)
  const all = await everythingIn(dirname(bench.filePath))
  t.is(all.filter(({ path }) => path.endsWith('.json')).length, 2)
  for (const { path, mode } of all) t.is(mode, path.endsWith('.json') ? 0o600 : 0o700, path)
  t.deepEqual(await leftoversIn(bench.filePath), [])
})

test('file: S72 a link in place of a session is missing, and what it leads to stays as it is', async (t) => {
  const bench = await openFileBench(t)
  const [id, other] = [
    await createIn(bench.engine, bench.record()),
    await createIn(bench.engine, bench.record()),
  ]
  const aside = join(dirname(bench.filePath), 'aside.json')
  await rename(bench.pathOf(id), aside)
  await symlink(aside, bench.pathOf(id))
  const text = await readFile(aside, 'utf8')

  t.is((await bench.engine.load(id)).kind, 'missing')
  t.deepEqual(await bench.engine.update(id, bench.record(), 1), { kind: 'missing' })
  t.deepEqual(await rotateIn(bench.engine, id, bench.record(), 1), { kind: 'missing' })
  t.is(await bench.engine.delete(id), 'missing')
  bench.now += 60_000
  t.is(await bench.engine.clearExpired(10), 1, 'only the other one')
  t.is((await bench.engine.load(other)).kind, 'missing')
  t.is(await readFile(aside, 'utf8'), text)
})

test('file: a record that is too large is refused, which is no outage; the session stays as it was', async (t) => {
  const bench = await openFileBench(t)
  const id = await createIn(bench.engine, bench.record({ n: 1 }))
  const large = bench.record({ text: 'a'.repeat(64 * 1024 * 1024) })
  const refused = { instanceOf: RecordRefused, message: /is too large for a file; the most is 67108864/ }
  await t.throwsAsync(createIn(bench.engine, large), refused)
  await t.throwsAsync(bench.engine.update(id, large, 1), refused)
  t.is((await bench.engine.update(id, bench.record(), 1)).kind, 'updated')
  t.deepEqual(await leftoversIn(bench.filePath), [])
})

test('file: S72 a link in place of a directory is refused', async (t) => {
  const bench = await openFileBench(t)
  const id = await createIn(bench.engine, bench.record())
  const shard = dirname(bench.pathOf(id))
  const aside = join(dirname(bench.filePath), 'aside')
  await rename(shard, aside)
  await symlink(aside, shard)
  const before = await everythingIn(aside)

  await t.throwsAsync(bench.engine.load(id), { instanceOf: EngineUnavailable, message: /no directory/ })
  await t.throwsAsync(bench.engine.update(id, bench.record(), 1), { instanceOf: EngineUnavailable })
  await t.throwsAsync(bench.engine.delete(id), { instanceOf: EngineUnavailable })
  bench.now += 60_000
  t.is(await bench.engine.clearExpired(10), 0)
  t.deepEqual(await everythingIn(aside), before)

  const whole = await temporaryDirectory(t)
  await symlink(aside, join(whole, 'app'))
  await t.throwsAsync(openFileBench(t, { filePath: whole }), { message: /it is no directory/ })
})

test('file: S72 a link in place of a lock is refused, and nothing in what it leads to is removed', async (t) => {
  const bench = await openFileBench(t)
  const id = await createIn(bench.engine, bench.record())
  const aside = join(dirname(bench.filePath), 'aside')
  await mkdir(aside)
  await writeFile(join(aside, crypto.randomUUID()), 'somebody’s')
  await symlink(aside, bench.pathOf(id, 'lock'))
  await t.throwsAsync(bench.engine.update(id, bench.record(), 1), { instanceOf: EngineUnavailable })
  t.is((await everythingIn(aside)).length, 1)
  t.is((await bench.engine.load(id)).kind, 'found')
})

test('file: what is no plain file, or too large for a session, is missing at once', async (t) => {
  const bench = await openFileBench(t)
  const stand = async (put: (path: string) => unknown) => {
    const id = await createIn(bench.engine, bench.record())
    await rm(bench.pathOf(id))
    await put(bench.pathOf(id))
    return id
  }
  const ids = [
    await stand((path) => execFileSync('mkfifo', [path])),
    await stand((path) => mkdir(path)),
    await stand((path) => execFileSync('truncate', ['-s', '1G', path])),
  ]
  for (const id of ids) t.is((await bench.engine.load(id)).kind, 'missing')
  bench.now += 60_000
  t.is(await bench.engine.clearExpired(10), 0)
})

test('file: R18 a directory that vanishes while the engine runs is made again', async (t) => {
  const bench = await openFileBench(t)
  const id = await createIn(bench.engine, bench.record({ n: 1 }))
  await rm(bench.filePath, { recursive: true })

  t.is((await bench.engine.load(id)).kind, 'missing')
  t.deepEqual(await bench.engine.update(id, bench.record(), 1), { kind: 'missing' })
  t.is(await bench.engine.delete(id), 'missing')
  t.is(await bench.engine.clearExpired(10), 0)
  const next = await createIn(bench.engine, bench.record({ n: 2 }))
  t.is((await bench.engine.load(next)).kind, 'found')
  t.is((await stat(bench.filePath)).mode & 0o777, 0o700)
})

test('file: R18 a directory that becomes something else is an outage, not a log-out', async (t) => {
  const bench = await openFileBench(t)
  const id = await createIn(bench.engine, bench.record({ n: 1 }))
  await rename(bench.filePath, `${bench.filePath}-aside`)
  await writeFile(bench.filePath, 'a file')
  const { engine } = bench
  const calls = [
    () => engine.load(id),
    () => createIn(engine, bench.record()),
    () => engine.touch(id, bench.now),
    () => engine.clearExpired(1),
  ]
  for (const call of calls) {
    const error = await t.throwsAsync(call(), { instanceOf: EngineUnavailable })
    t.like(error?.cause, { code: 'ENOTDIR' })
  }
  await rm(bench.filePath)
  await rename(`${bench.filePath}-aside`, bench.filePath)
  t.is((await engine.load(id)).kind, 'found')
})

test('file: a path that cannot be used stops the start and says why', async (t) => {
  const directory = await temporaryDirectory(t)
  const occupied = join(directory, 'occupied')
  await writeFile(occupied, '')
  const open = join(directory, 'open')
  await mkdir(join(open, 'app'), { recursive: true })
  execFileSync('chmod', ['0777', join(open, 'app')])
  const reasons: readonly (readonly [string, RegExp])[] = [
    ['/proc/none', /session files in \/proc\/none\/app cannot be used: ENOENT/],
    [occupied, /ENOTDIR/],
    [open, /others than its owner may write/],
  ]
  for (const [filePath, message] of reasons) {
    await t.throwsAsync(openFileBench(t, { filePath }), { instanceOf: EngineUnavailable, message })
  }
})

test('file: S72 a directory beneath one that another user may write to is refused', async (t) => {
  const directory = await temporaryDirectory(t)
  const parent = join(directory, 'parent')
  const below = join(parent, 'below')
  await mkdir(below, { recursive: true })
  const refused = (filePath: string, message: RegExp) =>
    t.throwsAsync(openFileBench(t, { filePath }), { instanceOf: EngineUnavailable, message })
  for (const mode of [0o777, 0o757, 0o722]) {
    await chmod(parent, mode)
    await refused(below, /others than its owner may write to .*\/parent, and could replace/)
  }
  const way = join(parent, 'way')
  const safe = join(directory, 'safe')
  await mkdir(safe)
  await symlink(safe, way)
  await refused(way, /others than its owner may write to .*\/parent, and could replace/)
  const aside = join(directory, 'aside')
  await symlink(below, aside)
  await refused(aside, /others than its owner may write to .*\/parent, and could replace/)

  await chmod(parent, 0o1777)
  await t.notThrowsAsync(openFileBench(t, { filePath: below }), 'nobody can move what is ours')
  await chmod(parent, 0o755)
  await t.notThrowsAsync(openFileBench(t, { filePath: aside }))
  if (!isRoot()) return
  await chmod(parent, 0o775)
  await refused(below, /others than its owner may write to/)
  await chmod(parent, 0o755)
  await chown(parent, 65_534, 65_534)
  await refused(below, /parent belongs to another user, who could replace/)
})

test('file: every call ends in time, though a lock is never given up', async (t) => {
  const { bench, hasty } = await openWithHasty(t)
  const id = await createIn(bench.engine, bench.record())
  await mkdir(bench.pathOf(id, 'lock'))
  await writeFile(join(bench.pathOf(id, 'lock'), 'not a token'), '')
  const message = /did not answer within 200 ms/
  const { engine } = hasty
  await Promise.all([
    t.throwsAsync(engine.update(id, bench.record(), 1), { instanceOf: EngineUnavailable, message }),
    t.throwsAsync(engine.delete(id), { instanceOf: EngineUnavailable, message }),
    t.throwsAsync(rotateIn(engine, id, bench.record(), 1), { instanceOf: EngineUnavailable, message }),
  ])
  t.is((await bench.engine.load(id)).kind, 'found')
  t.is((await bench.engine.load(NOBODY)).kind, 'missing')
  await engine.close()
  t.deepEqual(
    (await leftoversIn(bench.filePath)).filter((path) => !path.includes('.lock')),
    [],
    'those who gave up left something, or a second session',
  )
  t.is((await sessionsIn(bench.filePath)).length, 1)
})

test('file: a block of the event loop that is longer than the time limit ends nothing that goes on', async (t) => {
  const bench = await openFileBench(t, { engineTimeout: 1000 })
  const { engine } = bench
  const ids = await Promise.all(Array.from({ length: 4 }, () => createIn(engine, bench.record({ n: 1 }))))
  const loads = ids.map((id) => engine.load(id))
  const updates = ids.map((id) => engine.update(id, bench.record({ n: 2 }), 1))
  await stat(bench.filePath)
  stall(1500)
  t.deepEqual(
    (await Promise.all([...loads, ...updates])).map(({ kind }) => kind),
    [...loads.map(() => 'found'), ...updates.map(() => 'updated')],
  )
})

test('file: S09 a rotate that fails halfway leaves the session under its old id and nothing under a new one', async (t) => {
  const { bench, hasty } = await openWithHasty(t)
  const id = await createIn(bench.engine, bench.record({ n: 1 }))
  const lock = bench.pathOf(id, 'lock')
  await mkdir(lock)
  await writeFile(join(lock, 'not a token'), '')
  await t.throwsAsync(rotateIn(hasty.engine, id, bench.record({ n: 2 }), 1), {
    instanceOf: EngineUnavailable,
  })
  await hasty.engine.close()
  t.deepEqual(await sessionsIn(bench.filePath), [`${keyOf(id)}.json`])
  await rm(lock, { recursive: true })
  t.like(await bench.engine.load(id), { kind: 'found', record: { data: { n: 1 } } })
  t.is((await rotateIn(bench.engine, id, bench.record({ n: 2 }), 1)).kind, 'updated')
})

test('file: S09 of two processes that rotate one session at once one does, and there is one new file', async (t) => {
  const bench = await openFileBench(t)
  const other = await openFileBench(t, { filePath: bench.filePath })
  for (let files = 2; files <= 20; files += 2) {
    const id = await createIn(bench.engine, bench.record())
    const both = await Promise.all(
      [bench, other].map(({ engine }) => rotateIn(engine, id, bench.record(), 1)),
    )
    t.deepEqual(both.map(({ kind }) => kind).sort(), ['missing', 'updated'])
    t.is((await sessionsIn(bench.filePath)).length, files)
  }
})
