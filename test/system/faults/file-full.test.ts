import { createIn, rotateIn } from '../../../src/lib/conformance/drawing.js'
import { EngineUnavailable } from '../../../src/lib/index.js'
import { mount, testOnSmallDisk } from '../../support/small-disk.js'
import { leftoversIn, openFileBench } from './file-bench.js'

testOnSmallDisk(
  '256k',
  'file: R18 a full disk is an outage; sessions can be read and ended, and what ends makes room',
  async (t, filePath) => {
    const bench = await openFileBench(t, { filePath })
    const data = { text: 'x'.repeat(10_000) }
    const ids: string[] = []
    const fill = async (): Promise<void> => {
      for (;;) ids.push(await createIn(bench.engine, bench.record(data)))
    }
    const error = await t.throwsAsync(fill(), { instanceOf: EngineUnavailable })
    t.like(error?.cause, { code: 'ENOSPC' })
    t.true(ids.length > 5)
    t.deepEqual(await leftoversIn(filePath), [])

    const [first = '', second = ''] = ids
    await t.throwsAsync(bench.engine.update(first, bench.record(data), 1), { instanceOf: EngineUnavailable })
    await t.throwsAsync(rotateIn(bench.engine, first, bench.record(data), 1), {
      instanceOf: EngineUnavailable,
    })
    for (const id of ids) t.is((await bench.engine.load(id)).kind, 'found')
    t.is(await bench.engine.delete(first), 'deleted')
    t.is((await bench.engine.update(second, bench.record(data), 1)).kind, 'updated')

    await t.throwsAsync(fill(), { instanceOf: EngineUnavailable })
    bench.now += 60_000
    t.is(await bench.engine.clearExpired(1000), ids.length - 1)
    await createIn(bench.engine, bench.record(data))
  },
)

testOnSmallDisk(
  '256k',
  'file: R18 on a file system that turns read-only sessions can be read, and nothing is lost',
  async (t, filePath) => {
    const bench = await openFileBench(t, { filePath })
    const id = await createIn(bench.engine, bench.record({ n: 1 }))
    mount(filePath, 'remount,ro')
    t.is((await bench.engine.load(id)).kind, 'found')
    for (const call of [
      () => createIn(bench.engine, bench.record()),
      () => bench.engine.update(id, bench.record(), 1),
      () => bench.engine.delete(id),
    ]) {
      const error = await t.throwsAsync(call(), { instanceOf: EngineUnavailable })
      t.like(error?.cause, { code: 'EROFS' })
    }
    await t.throwsAsync(openFileBench(t, { filePath }), { message: /EROFS/ })
    mount(filePath, 'remount,rw')
    t.is((await bench.engine.update(id, bench.record(), 1)).kind, 'updated')
  },
)
