import assert from 'node:assert/strict'
import type { Engine } from '../../src/engines/contract.js'
import { type Bench, record } from './case.js'

export const MISSING = { kind: 'missing' } as const

export async function assertFound(engine: Engine, id: string, data: object): Promise<void> {
  const loaded = await engine.load(id)
  assert.ok(loaded.kind === 'found')
  assert.deepEqual(loaded.record.data, data)
}

/** To the engine the id is nobody's, whatever is asked of it. */
export async function assertUnknown(engine: Engine, id: string, bench: Bench): Promise<void> {
  assert.deepEqual(await engine.load(id), MISSING, id)
  assert.deepEqual(await engine.update(id, record(bench), 1), MISSING, id)
  assert.deepEqual(await engine.touch(id, bench.now + 1000), MISSING, id)
  assert.deepEqual(await engine.rotate(id, record(bench), 1), MISSING, id)
}
