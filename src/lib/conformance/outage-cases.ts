import assert from 'node:assert/strict'
import { EngineUnavailable } from '../engines/errors.js'
import type { Bench } from './bench.js'
import { about, record } from './case.js'
import { newIn, rotateIn } from './drawing.js'

/** Every call of the engine that needs its store, by its name. */
async function callsOf(bench: Bench): Promise<Readonly<Record<string, () => Promise<unknown> | undefined>>> {
  const { engine } = bench
  const { id, version } = await newIn(engine, record(bench))
  const { index } = engine
  const end = bench.now + 60_000
  return {
    load: () => engine.load(id),
    create: () => engine.create(bench.draw(), record(bench)),
    update: () => engine.update(id, record(bench), version),
    touch: () => engine.touch(id, end),
    rotate: () => rotateIn(engine, id, record(bench), version),
    delete: () => engine.delete(id),
    clearExpired: () => engine.clearExpired(10),
    ...(index && {
      'index.load': () => index.load(index.keyOf(id)),
      'index.evict': () => index.evict(index.keyOf(id)),
      'index.read': () => index.read('a list'),
      'index.write': () => index.write('a list', {}, end, undefined),
    }),
    ...(engine.lease && { lease: () => engine.lease?.('sweep', 1000) }),
  }
}

async function outcomeOf(call: () => Promise<unknown> | undefined): Promise<string> {
  try {
    return `answers ${JSON.stringify(await call())}`
  } catch (error) {
    if (error instanceof EngineUnavailable) return 'throws EngineUnavailable'
    return `throws ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`
  }
}

/** An outage is not a log-out, and closing is no outage. */
export const outageCases = about('outages', [
  {
    title: 'while the store is down every call throws EngineUnavailable: no session is missing',
    needs: ['takeDown'],
    async run(bench) {
      const calls = await callsOf(bench)
      await bench.takeDown?.()
      for (const [name, call] of Object.entries(calls)) {
        const message = `${name} must throw EngineUnavailable while the store is down`
        assert.equal(await outcomeOf(call), 'throws EngineUnavailable', message)
      }
    },
  },
  {
    title: 'a second close does nothing',
    async run({ engine }) {
      await engine.close()
      await assert.doesNotReject(async () => engine.close(), 'the second `close` of the engine threw')
    },
  },
])
