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

/** Opens the engine here and there; its calls alternate between the two, beginning with the process named. */
const openFirst =
  (first: 'here' | 'there'): typeof openEngine =>
  async (choice, options, tools) => {
    if (typeof choice !== 'string') throw new TypeError('an engine that is made here is of this process only')
    const engine = await openEngine(choice, options, tools)
    const remote = await other.open(choice, options, tools)
    return first === 'here' ? alternating(engine, remote) : alternating(remote, engine)
  }

for (const under of sharedEngines) {
  for (const one of [...conformanceCases, ...optionCases]) {
    for (const first of ['here', 'there'] as const) {
      testOf(under, `from two processes, ${first} first: ${one.title}`, async (t) => {
        await t.notThrowsAsync(runCase(one, () => emptyStoreOf(under, openFirst(first))))
      })
    }
  }
}
