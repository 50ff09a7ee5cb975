import { runCase } from '../../src/conformance/index.js'
import { allEngines, emptyStoreOf, ownCases } from './engines.js'
import { testOf } from './test-of.js'

for (const under of allEngines) {
  for (const one of ownCases) {
    testOf(under, one.title, async (t) => {
      await t.notThrowsAsync(runCase(one, () => emptyStoreOf(under)))
    })
  }
}
