import { engineChannel, isHeard, trace } from '../tracing.js'
import type { Engine } from './engine.js'

/**
 * The calls of an engine, and of its parts, that requests and sweeps make. `lease` and `inspect` reach the store too, and
 * are not among them: the sweeper logs what goes wrong with a lease, and `inspect` is for people who look.
 */
export type EngineCall =
  | 'load'
  | 'create'
  | 'update'
  | 'touch'
  | 'rotate'
  | 'delete'
  | 'clearExpired'
  | 'index.load'
  | 'index.follow'
  | 'index.evict'
  | 'index.read'
  | 'index.write'
  | 'revocations.revokeUser'

/** Runs one call. `run` is the engine's own method. */
export type Around = (
  call: EngineCall,
  run: (...args: readonly unknown[]) => Promise<unknown>,
  args: readonly unknown[],
) => Promise<unknown>

const CALLS = ['load', 'create', 'update', 'touch', 'rotate', 'delete', 'clearExpired'] as const
const INDEX_CALLS = ['load', 'follow', 'evict', 'read', 'write'] as const
const REVOCATION_CALLS = ['revokeUser'] as const

/**
 * The same engine, each of whose calls runs through `around`. For whatever has to see all calls of an engine: outages,
 * the site's inspector, tests. What an engine has besides goes through as it is.
 */
export function watchEngine(engine: Engine, around: Around): Engine {
  const { index, revocations } = engine
  const seen = watched(engine, CALLS, '', around, {
    ...(index && { index: watched(index, INDEX_CALLS, 'index.', around) }),
    ...(revocations && { revocations: watched(revocations, REVOCATION_CALLS, 'revocations.', around) }),
  })
  watchers.set(seen, { engine, around })
  return seen
}

const watchers = new WeakMap<Engine, { readonly engine: Engine; readonly around: Around }>()

/** The engine that is watched, which has what only an instance of its class has; or `engine` itself. */
export function unwatched(engine: Engine): Engine {
  const watcher = watchers.get(engine)
  return watcher === undefined ? engine : unwatched(watcher.engine)
}

/** `engine`, which is to be used in the place of `like`, watched by whoever watches that. */
export function watchedAs(like: Engine, engine: Engine): Engine {
  const watcher = watchers.get(like)
  return watcher === undefined ? engine : watchEngine(watchedAs(watcher.engine, engine), watcher.around)
}

/**
 * An object of its own members rather than a proxy, since requests call it a dozen times, and a proxy is asked anew each
 * time. `parts` stand in place of the members of those names.
 */
function watched<Target extends object>(
  target: Target,
  calls: readonly string[],
  prefix: '' | 'index.' | 'revocations.',
  around: Around,
  parts: object = {},
): Target {
  const seen: Target = Object.create(target)
  for (const name of membersOf(target)) {
    const member: unknown = Reflect.get(target, name)
    const own = { enumerable: true, configurable: true }
    if (Object.hasOwn(parts, name)) {
      Object.defineProperty(seen, name, { ...own, value: Reflect.get(parts, name) })
    } else if (Object.getOwnPropertyDescriptor(target, name)?.writable && typeof member !== 'function') {
      Object.defineProperty(seen, name, { ...own, writable: true, value: member })
    } else if (typeof member !== 'function') {
      // Asked of the engine itself: a getter may look at what only an instance of its class has.
      Object.defineProperty(seen, name, { ...own, get: () => Reflect.get(target, name) })
    } else {
      const method = member.bind(target)
      const call = `${prefix}${String(name)}` as EngineCall
      const isCall = typeof name === 'string' && calls.includes(name)
      const value = isCall ? (...args: unknown[]) => around(call, method, args) : method
      Object.defineProperty(seen, name, { ...own, writable: true, value })
    }
  }
  return seen
}

/** The names of what an object has, be it its own or its class's. */
function membersOf(object: object): Set<string | symbol> {
  const names = new Set<string | symbol>()
  for (
    let at: object | null = object;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of Reflect.ownKeys(at)) names.add(name)
  }
  names.delete('constructor')
  return names
}

/** The same way around the calls of an engine, which publishes each call to `koa-tessera:engine` while somebody listens. */
export function traceCalls(engine: string, around: Around): Around {
  return (call, run, args) => {
    if (!isHeard(engineChannel)) return around(call, run, args)
    return trace(engineChannel, {
      engine,
      operation: call,
      run: () => around(call, run, args),
      outcomeOf,
      secrets: () => idsIn(args[0]),
    })
  }
}

/** What calls answer in words. An answer that is none of them may be an id. */
const OUTCOMES: ReadonlySet<unknown> = new Set([
  ...['found', 'missing', 'superseded', 'created', 'taken', 'updated', 'conflict', 'touched', 'deleted'],
])

function outcomeOf(answer: unknown): string {
  const outcome = typeof answer === 'object' && answer !== null && 'kind' in answer ? answer.kind : answer
  if (outcome === false) return 'conflict'
  return typeof outcome === 'string' && OUTCOMES.has(outcome) ? outcome : 'done'
}

/** The first argument of a call is an id, or a rotation with two. */
export function idsIn(asked: unknown): readonly string[] {
  if (typeof asked === 'string') return asked === '' ? [] : [asked]
  if (typeof asked !== 'object' || asked === null) return []
  return [Reflect.get(asked, 'id'), Reflect.get(asked, 'to')].flatMap(idsIn)
}
