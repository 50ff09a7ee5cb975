import { markIn } from '../../../src/lib/engines/moving/marks.js'
import { type Actor, type OpenProcess, World } from './world.js'

/** Who sets the stage and looks at it afterwards. None of them is ever stopped. */
export interface Crew {
  readonly world: World
  readonly old: Actor
  readonly prepare: Actor
  readonly move: Actor
  readonly alone: Actor
  /** Every id that was drawn in this run, by whichever process. */
  readonly drawn: string[]
  /** What was found wrong while the two ran. */
  readonly wrongs: string[]
}

/** Those who set the stage and look at it afterwards. `look` is called before each call of any process. */
export async function crewOn(open: OpenProcess, look: (crew: Crew) => void = () => {}): Promise<Crew> {
  const world = new World(open)
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
