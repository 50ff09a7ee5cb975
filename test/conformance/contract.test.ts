import test from 'ava'
import { contractCases } from './contract-cases.js'
import { enginesUnderTest, openBench } from './engines.js'
import { keepingCases } from './keeping-cases.js'

for (const under of enginesUnderTest) {
  for (const { title, run, applies } of [...contractCases, ...keepingCases]) {
    test(`${under.title}: ${title}`, async (t) => {
      const { bench, close } = await openBench(under)
      t.teardown(close)
      if (applies?.(bench) === false) return t.pass(`not for ${under.title}`)
      await t.notThrowsAsync(() => run(bench))
    })
  }
}
