import type { Engine } from '../../src/engines/contract.js'

/** The calls that reach an engine's store. */
export type EngineCall = 'load' | 'create' | 'update' | 'touch' | 'rotate' | 'delete' | 'clearExpired'

/** A real engine that runs `before` ahead of each call. What `before` throws, the call throws. */
export function intercept(engine: Engine, before: (call: EngineCall) => void): Engine {
  const ahead = async <Result>(call: EngineCall, go: () => Promise<Result>): Promise<Result> => {
    before(call)
    return go()
  }
  return {
    name: engine.name,
    capabilities: engine.capabilities,
    ...(engine.isId && { isId: engine.isId.bind(engine) }),
    load: (id) => ahead('load', () => engine.load(id)),
    create: (record, announce) => ahead('create', () => engine.create(record, announce)),
    update: (id, record, version) => ahead('update', () => engine.update(id, record, version)),
    touch: (id, expires) => ahead('touch', () => engine.touch(id, expires)),
    rotate: (id, record, version, how) => ahead('rotate', () => engine.rotate(id, record, version, how)),
    delete: (id) => ahead('delete', () => engine.delete(id)),
    clearExpired: (limit) => ahead('clearExpired', () => engine.clearExpired(limit)),
    ...(engine.roster && { roster: engine.roster }),
    close: () => engine.close(),
  }
}
