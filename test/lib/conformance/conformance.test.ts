import { runCase } from '../../../src/lib/conformance/index.js'
import { allEngines, emptyStoreOf, sealedEngines } from '../../support/engines.js'
import { testOf } from '../../support/test-of.js'
import { ownCases } from './own-cases.js'

for (const under of [...allEngines, ...sealedEngines]) {
  for (const one of ownCases) {
    testOf(under, one.title, async (t) => {
      await t.notThrowsAsync(runCase(one, () => emptyStoreOf(under)))
    })
  }
}
