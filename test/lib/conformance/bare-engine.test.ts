import test from 'ava'
import { conformanceCases, type Need, runCase } from '../../../src/lib/conformance/index.js'
import { BareEngine } from '../../support/stores/bare-engine.js'

/** What an `Engine` without optional parts lacks, and its store. */
const lacking = new Set<Need>([
  'inCookie',
  'index',
  'revocations',
  'lease',
  'inspect',
  'anchorOf',
  'store',
  'damage',
  'dump',
  'takeDown',
])

for (const one of conformanceCases) {
  test(`an engine made by hand: ${one.title}`, async (t) => {
    const slots = new Map()
    const reason = await runCase(one, () => ({ open: (tools) => new BareEngine(slots, tools) }))
    t.is(reason !== undefined, one.needs?.some((need) => lacking.has(need)) ?? false, reason)
  })
}

test('what is no engine is refused with what it lacks', async (t) => {
  const [one] = conformanceCases
  if (one === undefined) return t.fail()
  await t.throwsAsync(
    runCase(one, () => ({ open: () => ({ name: 'nothing' }) as never })),
    {
      code: 'E_ENGINE_MISCONFIGURED',
      message: /^what `open` answers is no engine; it lacks load\(\), create\(\)/,
    },
  )
})
