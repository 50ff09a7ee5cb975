import type { ExecutionContext } from 'ava'
import { StoreEngine, type StoreEngineParts } from '../../../src/lib/engines/store-engine.js'
import { emptyStoreOf, serverSideEngines } from '../../support/engines.js'
import { keyvFile } from '../../support/stores/keyv.js'
import type { EngineUnderTest } from '../../support/stores/store.js'
import { testOf } from '../../support/test-of.js'
import { crewOn } from './crew.js'
import { runOnce } from './invariants.js'
import { onPair, type Pair, type Role } from './world.js'

/** More calls than anything here makes. */
const MANY = 80

/** Of the calls of the first one, it is stopped before one in so many. */
const EVERY = Number(process.env.MOVING_EVERY ?? 11)

/** What meets on real stores: each kind of step on both of them, from processes of either step. */
const meetings: readonly (readonly [a: string, one: Role, b: string, other: Role])[] = [
  ['mover', 'move', 'write', 'prepare'],
  ['log-out', 'prepare', 'mover', 'move'],
  ['rotate', 'move', 'transform', 'prepare'],
  ['revokeAll', 'move', 'log-in', 'prepare'],
  ['touch', 'prepare', 'mover', 'move'],
  ['write', 'move', 'revoke', 'move'],
  ['log-in', 'move', 'sweep', 'prepare'],
]

/** keyv-file waits for a while before each write, so pairs with it try only the first meeting. Memory of one process is no store to move sessions out of, or into. */
const engines = serverSideEngines.filter(({ engine }) => engine !== 'cache')

async function open(t: ExecutionContext, under: EngineUnderTest): Promise<Pair['from']> {
  const empty = await emptyStoreOf(under)
  const engine = await empty.open({ clock: () => 1_700_000_000_000, logger: { warn() {}, error() {} } })
  t.teardown(async () => {
    await engine.close()
    await empty.discard?.()
  })
  const parts: StoreEngineParts | undefined = StoreEngine.partsOf(engine)
  if (parts === undefined) throw new TypeError(`${under.title} is no store`)
  const { store, keyPrefix = 'keyv', codec } = parts
  return { store, keyPrefix, ...(codec && { codec }) }
}

let turn = 0
for (const from of engines) {
  for (const to of engines) {
    if (from === to) continue
    const missing = from.missing ?? to.missing
    testOf(
      { title: `${from.title} to ${to.title}`, ...(missing !== undefined && { missing }) },
      'two processes that are stopped before any call of either store lose and undo nothing',
      async (t) => {
        const crew = await crewOn(onPair({ from: await open(t, from), to: await open(t, to) }))
        // The promises are proven on stores in memory. Each pair tries a part of the schedules, another one each time.
        const isSlow = [from, to].includes(keyvFile)
        for (const [place, [a, one, b, other]] of meetings.slice(0, isSlow ? 1 : undefined).entries()) {
          const [first, second] = [await crew.world.actor(one), await crew.world.actor(other)]
          let runs = 0
          for (let n = (turn++ + place) % EVERY; n < MANY; n += EVERY) {
            const cut = { first: n, second: MANY, isCrash: n % 2 === 1 }
            const parts = { first: { name: a, actor: first }, second: { name: b, actor: second } }
            if ((await runOnce(t, crew, { ...parts, start: 'in the old store', cut })) === undefined) break
            runs++
          }
          // A mover looks at what earlier runs have left behind, too: with all calls tried, that becomes more than any act.
          t.true(runs < MANY || EVERY === 1)
        }
      },
    )
  }
}
