import test, { type ExecutionContext } from 'ava'
import { jsonCodec } from '../../../src/lib/codecs/json-codec.js'
import type { SessionStore } from '../../../src/lib/engines/session-store.js'
import { type Entries, myStore, textStore } from '../../support/stores/of-others.js'
import { acts } from './acts.js'
import { crewOn, isWritable } from './crew.js'
import { type Crew, runOnce, type Start } from './invariants.js'
import type { Role } from './world.js'

/** More calls than anything here makes. */
const MANY = 80
/**
 * Of the schedules that stop both, one in so many is run: with `MOVING_EVERY=1` all of them, and sessions that have moved
 * already, which takes ten minutes.
 */
const EVERY = Number(process.env.MOVING_EVERY ?? 97)

/** The steps that run side by side in a rolling restart. */
const pairs: readonly (readonly [Role, Role])[] = [
  ['old', 'prepare'],
  ['prepare', 'old'],
  ['prepare', 'prepare'],
  ['prepare', 'move'],
  ['move', 'prepare'],
  ['move', 'move'],
]

/** Stores in memory: `counting` compares versions, `texts` whole texts. */
const kinds: Readonly<Record<string, readonly [typeof myStore, typeof myStore]>> = {
  'counts to counts': [myStore, myStore],
  'counts to texts': [myStore, textStore],
  'texts to counts': [textStore, myStore],
}

async function stageOn(
  make: readonly [typeof myStore, typeof myStore],
): Promise<{ crew: Crew; clear: () => void }> {
  const [from, to]: [Entries, Entries] = [new Map(), new Map()]
  const listing = (entries: Entries, store: SessionStore): SessionStore => ({
    ...store,
    async *keys() {
      yield [...entries.keys()]
    },
  })
  const pair = {
    from: { store: listing(from, make[0](from)), keyPrefix: 'old', codec: jsonCodec },
    to: { store: listing(to, make[1](to)), keyPrefix: 'new', codec: jsonCodec },
  }
  const crew = await crewOn(pair, ({ world, wrongs }) => {
    for (const [key, entry] of from) {
      const there = to.get(key.replace(/^old:/, 'new:'))
      if (isWritable(entry, world.now) && isWritable(there, world.now))
        wrongs.push(`both stores accept writes of ${key}`)
    }
  })
  return {
    crew,
    clear: () => {
      from.clear()
      to.clear()
    },
  }
}

async function tryAll(
  t: ExecutionContext,
  [kind, one, other]: readonly [string, Role, Role],
): Promise<number> {
  const { crew, clear } = await stageOn(kinds[kind] ?? [myStore, myStore])
  const [first, second] = [await crew.world.actor(one), await crew.world.actor(other)]
  const named = (role: Role): string[] =>
    Object.entries(acts).flatMap(([name, { onlyMoving }]) => (onlyMoving && role !== 'move' ? [] : [name]))
  const starts: Start[] = ['in the old store']
  if (one !== 'old' && other !== 'old') starts.push('moved, its list not')
  if (starts.length > 1 && process.env.MOVING_EVERY !== undefined) starts.push('moved')
  let runs = 0
  let schedules = 0
  for (const start of starts)
    for (const a of named(one))
      for (const b of named(other)) {
        const run = async (n: number, m: number, isCrash: boolean) => {
          clear()
          runs++
          return runOnce(t, crew, {
            first: { name: a, actor: first },
            second: { name: b, actor: second },
            start,
            cut: { first: n, second: m, isCrash },
          })
        }
        for (let n = 0; n < MANY; n++) {
          if ((await run(n, MANY, false)) === undefined) break
          await run(n, MANY, true)
          for (let m = 0; m < MANY; m++) {
            if (schedules++ % EVERY !== 0) continue
            const outcome = await run(n, m, false)
            if (!outcome?.wasSecondStopped) break
          }
        }
      }
  return runs
}

for (const [one, other] of pairs) {
  test(`whatever ${one} and ${other} do at the same moment, nothing is lost and nothing undone`, async (t) => {
    const runs = await tryAll(t, ['counts to counts', one, other])
    t.log(`${runs} runs`)
    t.true(runs > 500)
  })
}
