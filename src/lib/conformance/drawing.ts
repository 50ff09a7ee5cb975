import type { SessionRecord } from '../codecs/record.js'
import type { Created, Engine, Updated } from '../engines/engine.js'
import { generateId } from '../engines/ids.js'
import type { Version } from '../engines/session-store.js'

/** How many ids are tried, as by the session layer. */
const ATTEMPTS = 8

/** What `rotateIn` takes besides the session. */
export interface RotateOptions {
  readonly isRenewal?: boolean
  /** Draws ids. Default: fair ones. */
  readonly draw?: () => string
}

/** Stores `record` under a new id, as the session layer does: draws one, and another while it is taken. */
export async function newIn(
  engine: Engine,
  record: SessionRecord,
  draw = generateId,
): Promise<Extract<Created, { kind: 'created' }>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const created = await engine.create(draw(), record)
    if (created.kind === 'created') return created
  }
  throw new Error(`${ATTEMPTS} ids were taken`)
}

/** The same, for whoever needs the id only. */
export async function createIn(engine: Engine, record: SessionRecord, draw = generateId): Promise<string> {
  return (await newIn(engine, record, draw)).id
}

/** Moves the session to a new id in the same way. */
export async function rotateIn(
  engine: Engine,
  id: string,
  record: SessionRecord,
  version: Version,
  { isRenewal = false, draw = generateId }: RotateOptions = {},
): Promise<Updated> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const drawn = draw()
    const to = engine.successorOf?.(id, drawn) ?? drawn
    const rotated = await engine.rotate({ id, to, record, version, isRenewal })
    if (rotated.kind !== 'taken') return rotated
  }
  throw new Error(`${ATTEMPTS} ids were taken`)
}
