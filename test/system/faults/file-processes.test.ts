import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import { compareAndSet } from '../../../src/lib/engines/file/compare-and-set.js'
import { openSessions } from '../../../src/lib/index.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { outputOf, startWorker } from '../races/processes.js'
import { leftoversIn, openFileBench } from './file-bench.js'

async function openIn(t: ExecutionContext) {
  const options = { engine: 'file', filePath: await temporaryDirectory(t) } as const
  const sessions = await openSessions(options)
  t.teardown(() => sessions.close())
  return { sessions, filePath: options.filePath, settings: JSON.stringify(options) }
}

test.serial(
  'file: R07 two processes that transform one key of one session at once lose nothing',
  async (t) => {
    const { sessions, filePath, settings } = await openIn(t)
    const session = await sessions.open()
    session.set<string>('n', 0)
    await session.save()
    const id = session.id ?? ''

    const workers = [1, 2].map(() => startWorker(t, settings, 'increment', id, '100'))
    await Promise.all(workers.map(outputOf))

    t.is((await sessions.open(id)).get('n'), 200)
    t.deepEqual(await leftoversIn(filePath), [])
  },
)

test.serial(
  'file: a process that is stopped again and again, at any moment, loses nothing and undoes nothing',
  async (t) => {
    const { sessions, settings } = await openIn(t)
    const session = await sessions.open()
    session.set<string>('n', 0)
    await session.save()
    const id = session.id ?? ''
    const count = async (): Promise<number> => Number((await sessions.open(id)).get('n'))
    const worker = startWorker(t, settings, 'increment', id, '200')
    const done = outputOf(worker)
    let stops = 0
    while (worker.exitCode === null) {
      worker.kill('SIGSTOP')
      stops += 1
      const mine = await sessions.open(id)
      mine.transform<string>('n', (n) => Number(n) + 1)
      await mine.save()
      const known = await count()
      worker.kill('SIGCONT')
      // Until the worker has got on: overtaken each time it would give up, as it should.
      while (worker.exitCode === null && (await count()) === known);
    }
    await done

    t.true(stops > 10)
    t.is((await sessions.open(id)).get('n'), 200 + stops)
  },
)

test.serial(
  'file: R17 after kill -9 in the middle of writing every record is whole and the sweep finds the rest',
  async (t) => {
    const { sessions, filePath, settings } = await openIn(t)
    const ids: string[] = []
    for (let round = 0; round < 3; round++) {
      const killed = startWorker(t, settings, 'write', '20')
      let unfinished = ''
      const enough = ids.length + 100
      for await (const chunk of killed.stdout) {
        const lines = (unfinished + String(chunk)).split('\n')
        unfinished = lines.pop() ?? ''
        ids.push(...lines)
        if (ids.length > enough) break
      }
      killed.kill('SIGKILL')
      await once(killed, 'exit')
    }

    const texts = await Promise.all(ids.map(async (id) => String((await sessions.open(id)).get('text'))))
    for (const text of texts) t.regex(text, /^(.)\1{1999}$/, 'an answered session is lost or torn')
    const files = (await readdir(filePath, { recursive: true })).filter((path) => path.endsWith('.json'))
    for (const path of files) t.notThrows(() => JSON.parse(readFileSync(join(filePath, path), 'utf8')), path)
    const left = await leftoversIn(filePath)
    t.true(left.length > 0, 'three processes with 20 changes under way each were killed between two changes')
    t.is(await sessions.engine.clearExpired(10), 0)
    t.deepEqual(await leftoversIn(filePath), left, 'what is younger than a minute may be in use')
    const old = Date.now() / 1000 - 61
    await Promise.all(left.map((path) => utimes(join(filePath, path), old, old)))
    t.is(await sessions.engine.clearExpired(10), 0)
    t.deepEqual(await leftoversIn(filePath), [])
    for (const id of ids) t.is((await sessions.engine.load(id)).kind, 'found')
  },
)

test('file: a lock whose holder is dead holds up the next writer for a moment and readers not at all', async (t) => {
  const bench = await openFileBench(t)
  const id = await createIn(bench.engine, bench.record())
  for (const make of [(path: string) => writeFile(path, ''), (path: string) => mkdir(path)]) {
    const lock = bench.pathOf(id, 'lock')
    await mkdir(lock)
    await make(join(lock, crypto.randomUUID()))
    const loaded = await bench.engine.load(id)
    t.is(loaded.kind, 'found')
    const version = loaded.kind === 'found' ? loaded.version : 0
    t.is((await bench.engine.update(id, bench.record(), version)).kind, 'updated')
  }
  t.deepEqual(await leftoversIn(bench.filePath), [])
})

test('file: what a remover that died had taken is gone, with all that it had left', async (t) => {
  const bench = await openFileBench(t)
  const id = await createIn(bench.engine, bench.record())
  const token = join(bench.pathOf(id, 'lock'), crypto.randomUUID())
  await mkdir(token, { recursive: true })
  renameSync(bench.pathOf(id), join(token, 'gone'))
  t.is((await bench.engine.load(id)).kind, 'missing')
  const old = Date.now() / 1000 - 61
  await utimes(dirname(token), old, old)
  t.is(await bench.engine.clearExpired(10), 0)
  t.deepEqual(await leftoversIn(bench.filePath), [])
})

const isExpected = ({ text }: { readonly text: string }): boolean => text === 'before'

for (const [what, after] of [
  ['writer', 'mine'],
  ['remover', undefined],
] as const) {
  test(`file: a ${what} that is overtaken in the last moment does nothing`, async (t) => {
    const directory = await temporaryDirectory(t)
    const path = join(directory, 'key.json')
    const lock = join(directory, 'key.lock')
    await writeFile(path, 'before')
    const overtake: (() => void)[] = [
      // Its token is taken away, and another holder is there, or has been.
      () => {
        rmSync(lock, { recursive: true })
        mkdirSync(join(lock, crypto.randomUUID()), { recursive: true })
        writeFileSync(path, 'theirs')
      },
      () => {
        rmSync(lock, { recursive: true })
        writeFileSync(path, 'theirs')
      },
    ]
    for (const meanwhile of overtake) {
      rmSync(lock, { recursive: true, force: true })
      await writeFile(path, 'before')
      // The signal is asked after the check and right before the commit.
      const { signal } = new AbortController()
      signal.throwIfAborted = meanwhile
      t.false(
        await compareAndSet({ path, isExpected, after: after && { text: after }, lockWait: 100, signal }),
      )
      t.is(await readFile(path, 'utf8'), 'theirs')
    }
    t.deepEqual(await readdir(directory), ['key.json'])
  })
}

test('file: of 50 writers at the same moment, without a mutex, one succeeds', async (t) => {
  const path = join(await temporaryDirectory(t), 'key.json')
  await writeFile(path, 'before')
  const { signal } = new AbortController()
  const done = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      compareAndSet({ path, isExpected, after: { text: `after ${n}` }, lockWait: 5, signal }),
    ),
  )
  t.is(done.filter(Boolean).length, 1)
  t.is(await readFile(path, 'utf8'), `after ${done.indexOf(true)}`)
  t.deepEqual(await readdir(dirname(path)), ['key.json'])
})
