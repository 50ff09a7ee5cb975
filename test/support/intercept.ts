import type { Engine } from '../../src/lib/engines/engine.js'
import { type EngineCall, watchEngine } from '../../src/lib/engines/watch-engine.js'

export type { EngineCall }

type Before = (call: EngineCall) => void | Promise<void>

/** A real engine that runs `before` ahead of each call. What `before` throws, the call throws. */
export function intercept(engine: Engine, before: Before): Engine {
  return watchEngine(engine, async (call, run, args) => {
    const waiting = before(call)
    if (waiting) await waiting
    return run(...args)
  })
}
