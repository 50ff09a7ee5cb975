import { markIn } from '../../../src/lib/engines/moving/marks.js'
import type { Crew } from './invariants.js'
import { type Pair, World } from './world.js'

export type { Pair }

/** Those who set the stage and look at it afterwards. `look` is called before each call of any process. */
export async function crewOn(pair: Pair, look: (crew: Crew) => void = () => {}): Promise<Crew> {
  const world = new World(pair)
  const drawn: string[] = []
  world.onDraw = (id) => drawn.push(id)
  const crew = {
    world,
    drawn,
    wrongs: [],
    old: await world.actor('old'),
    prepare: await world.actor('prepare'),
    move: await world.actor('move'),
    alone: await world.actor('new'),
  }
  world.beforeCall = () => look(crew)
  return crew
}

/** Whether a process could write to what stands there. */
export function isWritable(
  entry: { text: string; expires: number; version: unknown } | undefined,
  now: number,
): boolean {
  return entry?.version !== undefined && entry.expires > now && markIn({ ...entry, version: 0 }) === undefined
}
