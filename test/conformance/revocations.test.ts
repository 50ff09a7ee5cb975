import { conformanceCases, runCase } from '../../src/lib/conformance/index.js'
import { emptyStoreOf } from './engines.js'
import { revocableCookies } from './stores/signed-cookies.js'
import { testOf } from './test-of.js'

for (const under of revocableCookies) {
  for (const one of conformanceCases) {
    testOf(under, one.title, async (t) => {
      await t.notThrowsAsync(runCase(one, () => emptyStoreOf(under)))
    })
  }
}
