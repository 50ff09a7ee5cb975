import { runCase } from '../../src/lib/conformance/index.js'
import { allEngines, emptyStoreOf, ownCases, sealedEngines } from './engines.js'
import { testOf } from './test-of.js'

for (const under of [...allEngines, ...sealedEngines]) {
  for (const one of ownCases) {
    testOf(under, one.title, async (t) => {
      await t.notThrowsAsync(runCase(one, () => emptyStoreOf(under)))
    })
  }
}
