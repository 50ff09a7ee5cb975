import assert from 'node:assert/strict'
import type { Engine } from '../engines/engine.js'
import type { Bench } from './bench.js'
import { about, record } from './case.js'
import { createIn, newIn, rotateIn } from './drawing.js'
import { found, idOf } from './outcomes.js'

const MINUTE = 60_000

function logInOf(bench: Bench, id: string, seconds = 600) {
  const user = { id, handle: 'a handle', authenticatedAt: bench.now }
  return { ...record(bench, { of: id }, seconds), user }
}

async function isOver(engine: Engine, id: string): Promise<boolean> {
  return (await engine.load(id)).kind !== 'found'
}

/** Ends every session of the user; answers the id of the one that was to go on. */
async function revoke({ engine }: Bench, userId: string, keep?: string): Promise<string | undefined> {
  assert.ok(engine.revocations)
  return engine.revocations.revokeUser(userId, keep)
}

/** What an engine promises that keeps no sessions and can end all of a user. */
export const revocationCases = about('revocations', [
  {
    title:
      'S33 every id of the user that was issued before is over, and nobody else’s, anonymous or logged in',
    needs: ['revocations'],
    async run(bench) {
      const [one, two, bob] = await Promise.all([
        newIn(bench.engine, logInOf(bench, 'ada')),
        newIn(bench.engine, logInOf(bench, 'ada')),
        createIn(bench.engine, logInOf(bench, 'bob')),
      ])
      const anonymous = await createIn(bench.engine, record(bench, { n: 1 }))
      await revoke(bench, 'ada')
      for (const { id, version } of [one, two]) {
        assert.ok(await isOver(bench.engine, id))
        assert.equal((await bench.engine.update(id, logInOf(bench, 'ada'), version)).kind, 'missing')
        assert.equal((await rotateIn(bench.engine, id, logInOf(bench, 'ada'), version)).kind, 'missing')
        assert.equal((await bench.engine.touch(id, bench.now + MINUTE)).kind, 'missing')
      }
      await found(bench.engine, bob)
      await found(bench.engine, anonymous)
    },
  },
  {
    title: 'S33 what is issued afterwards is good until the next revocation, all in the same millisecond',
    needs: ['revocations'],
    async run(bench) {
      for (let round = 0; round < 3; round++) {
        const { id, version } = await newIn(bench.engine, logInOf(bench, 'ada'))
        await found(bench.engine, id)
        const next = idOf(await bench.engine.update(id, logInOf(bench, 'ada'), version))
        await found(bench.engine, next)
        await revoke(bench, 'ada')
        for (const each of [id, next]) assert.ok(await isOver(bench.engine, each))
      }
    },
  },
  {
    title: 'S33 the one that is to go on gets another id, if it had not ended before',
    needs: ['revocations'],
    async run(bench) {
      const [here = '', there = '', bob = ''] = await Promise.all(
        ['ada', 'ada', 'bob'].map((user) => createIn(bench.engine, logInOf(bench, user))),
      )
      const kept = (await revoke(bench, 'ada', here)) ?? ''
      assert.deepEqual((await found(bench.engine, kept)).record.data, { of: 'ada' })
      for (const id of [here, there]) assert.ok(await isOver(bench.engine, id))
      assert.equal(await revoke(bench, 'ada', here), undefined)
      assert.ok(await isOver(bench.engine, kept))
      assert.equal(await revoke(bench, 'ada', bob), bob)
      await found(bench.engine, bob)
    },
  },
  {
    title: 'S33 an id that was revoked a moment ago reads as superseded, then as missing',
    needs: ['revocations'],
    async run(bench) {
      const id = await createIn(bench.engine, logInOf(bench, 'ada'))
      await revoke(bench, 'ada')
      bench.now += MINUTE - 1
      assert.deepEqual(await bench.engine.load(id), { kind: 'superseded' })
      bench.now += 1
      assert.equal((await bench.engine.load(id)).kind, 'missing')
    },
  },
  {
    title: 'S33 a revocation is not forgotten as long as one of the ids could be good',
    needs: ['revocations'],
    async run(bench) {
      const year = 365 * 86_400
      const id = await createIn(bench.engine, logInOf(bench, 'ada', 10 * year))
      await revoke(bench, 'ada')
      for (const days of [300, 99, 1, 1, 400]) {
        bench.now += days * 86_400_000
        await bench.engine.clearExpired(100)
        assert.ok(await isOver(bench.engine, id), 'a revoked id is good again')
      }
    },
  },
  {
    title: 'S33 what one process revokes is over in the other, whose clock is behind or ahead',
    needs: ['revocations', 'shared'],
    async run(bench) {
      const other = await bench.another()
      // A store in one process's memory is seen by that process alone, and says so at the start.
      if (bench.warnings.length > 0) return
      for (const skew of [-30_000, 0, 30_000]) {
        bench.now += skew
        const id = await createIn(other, logInOf(bench, 'ada'))
        bench.now -= skew
        await revoke(bench, 'ada')
        assert.ok(await isOver(other, id))
        const again = await createIn(bench.engine, logInOf(bench, 'ada'))
        await found(other, again)
      }
    },
  },
])
