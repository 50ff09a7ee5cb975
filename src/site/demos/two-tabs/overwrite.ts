import { type Engine, type Loaded, SessionInterrupted, type Updated } from '../../../lib/index.js'
import { createIn } from '../../../lib/internal.js'
import { type EngineCall, recording } from '../../inspector/recording.js'
import type { Side } from './race.js'

/** The life of the record, should it not be removed: milliseconds. */
const LIFE = 60_000

/** What one of the two did. */
export interface Overwriter {
  readonly side: Side
  readonly read: readonly string[]
  /** The engine's calls; empty where nobody records. */
  readonly calls: readonly EngineCall[]
}

export interface Overwritten {
  readonly writers: readonly Overwriter[]
  /** What is stored at the end. */
  readonly stored: readonly string[]
}

/** The same race as in many session libraries, on a record of its own that is no visitor's session. */
export function overwrite(engine: Engine, clock: () => number): Promise<Overwritten> {
  // The calls that make and remove the record are not shown.
  return recording([], () => raceOn(engine, clock()))
}

async function raceOn(engine: Engine, now: number): Promise<Overwritten> {
  const id = await createIn(engine, { data: { list: [] }, createdAt: now, expires: now + LIFE })
  const calls = { left: [] as EngineCall[], right: [] as EngineCall[] }
  const load = (side: Side): Promise<Found> =>
    recording(calls[side], async () => found(await engine.load(id)))

  // #region overwrite
  // Writes the whole session back as it was loaded, with one change. What was stored meanwhile is lost.
  const writeBack = async ({ record }: Found, side: Side): Promise<Updated> => {
    const data = { ...record.data, list: [...listIn(record), side] }
    const { version } = await load(side)
    return recording(calls[side], () => engine.update(id, { ...record, data }, version))
  }
  const [left, right] = [await load('left'), await load('right')]
  await writeBack(left, 'left')
  const last = await writeBack(right, 'right')
  // #endregion

  if (last.kind !== 'updated') throw new SessionInterrupted()
  const stored = listIn(found(await engine.load(last.id)).record)
  await engine.delete(last.id)
  const writers: Overwriter[] = [
    { side: 'left', read: listIn(left.record), calls: calls.left },
    { side: 'right', read: listIn(right.record), calls: calls.right },
  ]
  return { writers, stored }
}

type Found = Extract<Loaded, { kind: 'found' }>

/** Nobody else knows the record, but a store can be emptied at any moment. */
function found(loaded: Loaded): Found {
  if (loaded.kind !== 'found') throw new SessionInterrupted()
  return loaded
}

function listIn({ data }: Found['record']): string[] {
  return Array.isArray(data.list) ? data.list.map(String) : []
}
