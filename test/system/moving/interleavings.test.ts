import test, { type ExecutionContext } from 'ava'
import { jsonCodec } from '../../../src/lib/codecs/json-codec.js'
import { type Entries, listing, myStore, textStore } from '../../support/stores/of-others.js'
import { acts } from './acts.js'
import { type Crew, crewOn, isWritable } from './crew.js'
import { runOnce, type Start } from './invariants.js'
import { everySchedule } from './schedule.js'
import { onPair, type Role } from './world.js'

/**
 * Of the schedules that stop both, one in so many is run: with `MOVING_EVERY=1` all of them, and sessions that have moved
 * already, which takes ten minutes.
 */
const EVERY = Number(process.env.MOVING_EVERY ?? 97)

type MakeStore = typeof myStore

/** The steps that run side by side in a rolling restart, on stores that compare versions, or whole texts (`textStore`). */
const pairs: readonly (readonly [one: Role, other: Role, from: MakeStore, to: MakeStore])[] = [
  ['old', 'prepare', myStore, myStore],
  ['prepare', 'old', textStore, myStore],
  ['prepare', 'prepare', myStore, textStore],
  ['prepare', 'move', myStore, textStore],
  ['move', 'prepare', textStore, myStore],
  ['move', 'move', myStore, myStore],
]

async function stageOn(makeOld: MakeStore, makeNew: MakeStore): Promise<{ crew: Crew; clear: () => void }> {
  const [from, to]: [Entries, Entries] = [new Map(), new Map()]
  const pair = {
    from: { store: listing(from, makeOld(from)), keyPrefix: 'old', codec: jsonCodec },
    to: { store: listing(to, makeNew(to)), keyPrefix: 'new', codec: jsonCodec },
  }
  const crew = await crewOn(onPair(pair), ({ world, wrongs }) => {
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
  [one, other, from, to]: (typeof pairs)[number],
  only?: { readonly start: Start; readonly acts: readonly string[] },
): Promise<number> {
  const { crew, clear } = await stageOn(from, to)
  const [first, second] = [await crew.world.actor(one), await crew.world.actor(other)]
  const named = (role: Role): string[] =>
    Object.entries(acts).flatMap(([name, { onlyMoving }]) =>
      (onlyMoving && role !== 'move') || only?.acts.includes(name) === false ? [] : [name],
    )
  const starts: Start[] = [only?.start ?? 'in the old store']
  if (only === undefined && one !== 'old' && other !== 'old') starts.push('moved, its list not')
  if (starts.length > 1 && process.env.MOVING_EVERY !== undefined) starts.push('moved')
  let runs = 0
  let schedules = 0
  for (const start of starts)
    for (const a of named(one))
      for (const b of named(other)) {
        // All calls are tried where the session has not moved yet; elsewhere every fourth one.
        const step = start === starts[0] || process.env.MOVING_EVERY !== undefined ? 1 : 4
        const every = () => schedules++ % EVERY === 0
        await everySchedule({ from: schedules % step, step, every }, (cut) => {
          clear()
          runs++
          return runOnce(t, crew, {
            first: { name: a, actor: first },
            second: { name: b, actor: second },
            start,
            cut,
          })
        })
      }
  return runs
}

for (const pair of pairs) {
  const [one, other] = pair
  test(`whatever ${one} and ${other} do at the same moment, nothing is lost and nothing undone`, async (t) => {
    const runs = await tryAll(t, pair)
    t.log(`${runs} runs`)
    t.true(runs > 500)
  })
}

for (const pair of pairs.filter(([one]) => one === 'move')) {
  const [one, other] = pair
  test(`what a crash left on its way is moved once, whatever ${one} and ${other} do with it`, async (t) => {
    const runs = await tryAll(t, pair, {
      start: 'on its way, left by a crash',
      acts: ['read', 'write', 'log-out', 'mover'],
    })
    t.log(`${runs} runs`)
    t.true(runs > 300)
  })
}
