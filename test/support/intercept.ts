import type { Announce, Engine } from '../../src/lib/engines/engine.js'
import type { SessionIndex } from '../../src/lib/engines/session-index.js'

/** The calls that reach an engine's store. */
export type EngineCall =
  | 'load'
  | 'create'
  | 'update'
  | 'touch'
  | 'rotate'
  | 'delete'
  | 'clearExpired'
  | 'index.load'
  | 'index.evict'
  | 'index.read'
  | 'index.write'
  /** Between an announcement and what was announced; no call of its own. */
  | 'announced'

type Before = (call: EngineCall) => void | Promise<void>

/** A real engine that runs `before` ahead of each call. What `before` throws, the call throws. */
export function intercept(engine: Engine, before: Before): Engine {
  const ahead = async <Result>(call: EngineCall, go: () => Promise<Result>): Promise<Result> => {
    const waiting = before(call)
    if (waiting) await waiting
    return go()
  }
  const heard = (announce: Announce | undefined): Announce | undefined =>
    announce &&
    (async (place) => {
      await announce(place)
      await before('announced')
    })
  return {
    name: engine.name,
    capabilities: engine.capabilities,
    ...(engine.isId && { isId: engine.isId.bind(engine) }),
    ...(engine.anchorOf && { anchorOf: engine.anchorOf.bind(engine) }),
    load: (id) => ahead('load', () => engine.load(id)),
    create: (record, announce) => ahead('create', () => engine.create(record, heard(announce))),
    update: (id, record, version) => ahead('update', () => engine.update(id, record, version)),
    touch: (id, expires) => ahead('touch', () => engine.touch(id, expires)),
    rotate(id, record, version, how) {
      const announce = heard(how?.announce)
      return ahead('rotate', () =>
        engine.rotate(id, record, version, { ...how, ...(announce && { announce }) }),
      )
    },
    delete: (id) => ahead('delete', () => engine.delete(id)),
    clearExpired: (limit) => ahead('clearExpired', () => engine.clearExpired(limit)),
    ...(engine.index && { index: interceptRoster(engine.index, ahead) }),
    ...(engine.revocations && { revocations: engine.revocations }),
    close: () => engine.close(),
  }
}

function interceptRoster(
  index: SessionIndex,
  ahead: <Result>(call: EngineCall, go: () => Promise<Result>) => Promise<Result>,
): SessionIndex {
  return {
    keyOf: (id) => index.keyOf(id),
    load: (place) => ahead('index.load', () => index.load(place)),
    evict: (place) => ahead('index.evict', () => index.evict(place)),
    read: (name) => ahead('index.read', () => index.read(name)),
    write: (name, list, expires, version) =>
      ahead('index.write', () => index.write(name, list, expires, version)),
  }
}
