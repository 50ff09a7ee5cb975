import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { FileSweep } from '../../../src/lib/engines/file/sweep.js'
import { temporaryDirectory } from '../../support/server-process.js'

const SHARDS = ['aa', 'ab', 'ac', 'ad']
const IN_EACH = 30

/** A sweep over 120 files, half of which are over; what it looks at is noted. */
async function openSweep(t: ExecutionContext): Promise<{ sweep: FileSweep; looked: string[] }> {
  const directory = await temporaryDirectory(t)
  for (const shard of SHARDS) {
    await mkdir(join(directory, shard))
    const names = Array.from({ length: IN_EACH }, (_, place) => `${shard}${place}.json`)
    await Promise.all(names.map((name) => writeFile(join(directory, shard, name), '')))
  }
  const looked: string[] = []
  const gone = new Set<string>()
  const sweep = new FileSweep({
    directory,
    inTime: (step) => step(),
    async removeIfExpired(path) {
      looked.push(path)
      const over = /[02468]\.json$/.test(path) && !gone.has(path)
      if (over) gone.add(path)
      return over
    },
  })
  return { sweep, looked }
}

async function batches(sweep: FileSweep, limit: number, times: (batch: number) => number): Promise<number[]> {
  const removed: number[] = []
  while (removed.at(-1) === limit || removed.length === 0) {
    removed.push(await sweep.run(limit, times(removed.length)))
  }
  return removed
}

test('a sweep of many batches looks at each file once', async (t) => {
  const { sweep, looked } = await openSweep(t)
  const removed = await batches(sweep, 7, (batch) => batch * 100)
  t.deepEqual(removed, [...Array.from({ length: 8 }, () => 7), 4])
  t.is(looked.length, SHARDS.length * IN_EACH)
  t.is(new Set(looked).size, looked.length)
})

test('a batch that comes much later looks at every file, beginning where the last one stopped', async (t) => {
  const { sweep, looked } = await openSweep(t)
  await sweep.run(40, 0)
  const stopped = looked.splice(0).at(-1)
  t.is(await sweep.run(100, 3_600_000), 20)
  t.is(new Set(looked).size, SHARDS.length * IN_EACH)
  t.is(dirname(looked[0] ?? ''), dirname(stopped ?? 'nowhere'))
})

test('after a failure the next batch begins anew', async (t) => {
  const directory = await temporaryDirectory(t)
  await mkdir(join(directory, 'aa'))
  await writeFile(join(directory, 'aa', 'aa1.json'), '')
  let failing = true
  const sweep = new FileSweep({
    directory,
    inTime: (step) => step(),
    async removeIfExpired() {
      if (failing) throw new Error('the disk is gone')
      return true
    },
  })
  await t.throwsAsync(sweep.run(10, 0), { message: 'the disk is gone' })
  failing = false
  t.is(await sweep.run(10, 0), 1)
})
