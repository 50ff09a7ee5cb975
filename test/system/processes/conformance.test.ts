import test from 'ava'
import { conformanceCases, runCase } from '../../../src/lib/conformance/index.js'
import { openEngine } from '../../../src/lib/engines/registry.js'
import { optionCases } from '../../lib/conformance/option-cases.js'
import { emptyStoreOf, sharedEngines } from '../../support/engines.js'
import { testOf } from '../../support/test-of.js'
import { alternating } from './alternating.js'
import { OtherProcess } from './other-process.js'

const other = OtherProcess.start()
test.after.always(() => other.stop())

/** Opens the engine here and there; its calls alternate between the two. Both are alike, so it does not matter which begins. */
const openTwice: typeof openEngine = async (choice, options, tools) => {
  if (typeof choice !== 'string') throw new TypeError('an engine that is made here is of this process only')
  return alternating(await openEngine(choice, options, tools), await other.open(choice, options, tools))
}

for (const under of sharedEngines) {
  for (const one of [...conformanceCases, ...optionCases]) {
    testOf(under, `from two processes: ${one.title}`, async (t) => {
      await t.notThrowsAsync(runCase(one, () => emptyStoreOf(under, openTwice)))
    })
  }
}
