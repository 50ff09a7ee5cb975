import { conformanceCases, runCase } from '../../../src/lib/conformance/index.js'
import { emptyStoreOf, revocableCookies } from '../../support/engines.js'
import { testOf } from '../../support/test-of.js'

for (const under of revocableCookies) {
  for (const one of conformanceCases) {
    testOf(under, one.title, async (t) => {
      await t.notThrowsAsync(runCase(one, () => emptyStoreOf(under)))
    })
  }
}
