import assert from 'node:assert/strict'
import type { Engine, Loaded, Updated } from '../engines/engine.js'
import type { Version } from '../engines/session-store.js'
import type { Bench } from './bench.js'
import { record } from './case.js'
import { newIn, rotateIn } from './drawing.js'

const MISSING = { kind: 'missing' } as const

/** What stands under `id`, where something must. */
export async function found(engine: Engine, id: string): Promise<Extract<Loaded, { kind: 'found' }>> {
  const loaded = await engine.load(id)
  assert.ok(loaded.kind === 'found', `a session is ${loaded.kind} that should be found`)
  return loaded
}

/** What an update or a rotation answered, where it must have succeeded. */
export function succeeded(updated: Updated): Extract<Updated, { kind: 'updated' }> {
  assert.ok(updated.kind === 'updated', `a write is answered "${updated.kind}" that should be "updated"`)
  return updated
}

export function idOf(updated: Updated): string {
  return succeeded(updated).id
}

export function versionOf(updated: Updated): Version {
  return succeeded(updated).version
}

export async function assertFound(engine: Engine, id: string, data: object): Promise<void> {
  assert.deepEqual((await found(engine, id)).record.data, data)
}

/** To the engine the id is nobody's, whatever is asked of it. */
export async function assertUnknown(engine: Engine, id: string, bench: Pick<Bench, 'now'>): Promise<void> {
  const { version } = await newIn(engine, record(bench))
  assert.equal((await engine.load(id)).kind, 'missing', id)
  assert.deepEqual(await engine.update(id, record(bench), version), MISSING, id)
  assert.deepEqual(await engine.touch(id, bench.now + 1000), MISSING, id)
  assert.deepEqual(await rotateIn(engine, id, record(bench), version), MISSING, id)
}
