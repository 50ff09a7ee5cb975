import { CONFLICT, type Engine, type EngineTools, MISSING, type Rotated, type Rotation } from '../engine.js'
import type { Places } from './places.js'
import type { Source } from './source.js'

export interface PreparedRotationsParts {
  readonly source: Source
  readonly to: Engine
  readonly places: Places
  readonly tools: EngineTools
}

/** New ids that a process gives which prepares: the session stays where sessions come from, or goes back there. */
export class PreparedRotations {
  readonly #parts: PreparedRotationsParts

  constructor(parts: PreparedRotationsParts) {
    this.#parts = parts
  }

  async rotate(rotation: Rotation): Promise<Rotated> {
    const { source, places } = this.#parts
    if (!source.isStored) return this.#rotateCookie(rotation)
    const plain = { ...rotation, version: source.plain(rotation.version) }
    const rotated = source.versioned(await source.engine.rotate(plain))
    if (rotated.kind === 'updated' || rotated.kind === 'taken') return rotated
    return (await places.isClaimed(rotation.id)) ? CONFLICT : rotated
  }

  /**
   * Somebody logs in while all others log in to the old engine: a session that has moved goes back there, and moves again
   * later. It ends here by its version, so that nothing is lost that was written meanwhile.
   */
  async rotateBack(newId: string, { to: drawn, record, version }: Rotation): Promise<Rotated> {
    const { source, to, tools } = this.#parts
    const loaded = await to.load(newId)
    if (loaded.kind !== 'found') return MISSING
    if (loaded.version !== version) return CONFLICT
    const created = await source.engine.create(drawn, record)
    if (created.kind === 'taken') return created
    const ended = await to.update(newId, { ...loaded.record, expires: tools.clock() }, version)
    if (ended.kind === 'updated') return source.versioned({ ...created, kind: 'updated' })
    await source.engine.delete(created.id)
    return ended
  }

  /** The new cookie has another claim. The one of the old cookies comes first, so that they move nowhere. */
  async #rotateCookie(rotation: Rotation): Promise<Rotated> {
    const { source, places } = this.#parts
    if (!(await places.end(rotation.id, rotation.record.expires))) return CONFLICT
    let isDone = false
    try {
      const rotated = source.versioned(await source.engine.rotate(rotation))
      isDone = rotated.kind === 'updated'
      return rotated
    } finally {
      if (!isDone) await places.release(rotation.id)
    }
  }
}
