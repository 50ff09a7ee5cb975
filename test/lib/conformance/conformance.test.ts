import { type Case, conformanceCases, runCase } from '../../../src/lib/conformance/index.js'
import type { EngineOptions } from '../../../src/lib/engines/registry.js'
import {
  allEngines,
  djangoStores,
  emptyStoreOf,
  sealedEngines,
  storesOfOthers,
} from '../../support/engines.js'
import type { EngineUnderTest } from '../../support/stores/store.js'
import { testOf } from '../../support/test-of.js'
import { atRestCases } from './at-rest-cases.js'
import { ownCases } from './own-cases.js'

function tryAll(engines: readonly EngineUnderTest[], cases: readonly Case<Partial<EngineOptions>>[]): void {
  for (const under of engines) {
    for (const one of cases) {
      testOf(under, one.title, async (t) => {
        await t.notThrowsAsync(runCase(one, () => emptyStoreOf(under)))
      })
    }
  }
}

tryAll([...allEngines, ...djangoStores, ...sealedEngines], ownCases)
// A store of others knows nothing of our settings, but of `CODEC`, which `storeEngine` sees to.
tryAll(storesOfOthers, [...conformanceCases, ...atRestCases])
