import { clientSideCases } from './client-side-cases.js'
import { contractCases } from './contract-cases.js'
import { enginesUnderTest, openBench } from './engines.js'
import { keepingCases } from './keeping-cases.js'
import { testOf } from './test-of.js'

for (const under of enginesUnderTest) {
  const own = under.inCookie ? clientSideCases : []
  for (const { title, run, applies } of [...contractCases, ...keepingCases, ...own]) {
    testOf(under, title, async (t) => {
      const { bench, close } = await openBench(under)
      t.teardown(close)
      if (applies?.(bench) === false) return t.pass(`not for ${under.title}`)
      await t.notThrowsAsync(() => run(bench))
    })
  }
}
