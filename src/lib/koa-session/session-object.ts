import { inspect } from 'node:util'
import { ObjectView, type PlainObject } from '../session/object-view.js'
import type { Session } from '../session/session.js'

/** Called when something is done. */
export type Callback = (error?: unknown) => void

/** What koa-session's session has besides the data. */
export interface KoaSessionMembers {
  /** Whether the request brought no session. */
  readonly isNew: boolean
  /** The number of keys. */
  readonly length: number
  /** Whether there are any. */
  readonly populated: boolean
  /** Milliseconds, or `session`: until the browser closes. To set it saves the session. */
  maxAge: number | 'session' | undefined
  /** The session's id, which is a secret; none before it was stored. */
  readonly externalKey: string | undefined
  /** The data alone. */
  toJSON(): Record<string, unknown>
  /** Saves now, also what was not changed. */
  save(callback?: Callback): Promise<void> | undefined
  /** Gives the session a new id now. The data stays. */
  regenerate(callback?: Callback): Promise<void> | undefined
  /** Saves now what was changed: for `autoCommit: false`. */
  manuallyCommit(): Promise<void>
  /** The same, or what `options` say. */
  commit(options?: CommitOptions, callback?: Callback): Promise<void> | undefined
}

/** What `ctx.session` is: your data, and koa-session's own members. */
export type KoaSession<Data = Record<string, unknown>> = Data & KoaSessionMembers

/** What `commit()` of a session takes. */
export interface CommitOptions {
  readonly save?: boolean | undefined
  readonly regenerate?: boolean | undefined
}

/** What the session's members ask of the request. */
export interface KoaSessionOwner {
  readonly isNew: boolean
  readonly externalKey: string | undefined
  maxAge: number | 'session' | undefined
  commit(options: CommitOptions): Promise<void>
}

/** The session of one request as koa-session shows it. */
export class SessionObject {
  readonly object: KoaSession
  readonly #view: ObjectView
  readonly #traps: Traps

  constructor(session: Session, owner: KoaSessionOwner, comparesItself: boolean) {
    this.#view = new ObjectView(session, [], comparesItself)
    const data = this.#view.object
    this.#traps = new Traps(data)
    const members: PlainObject = Object.defineProperties({}, membersOf(this.#traps, owner))
    this.object = new Proxy(members, this.#traps) as unknown as KoaSession
  }

  /** To be called before each commit. */
  settle(): void {
    this.#view.settle()
  }

  /** From now on the object is empty, whatever the session holds: for one that does not count for this request. */
  detach(): void {
    this.#traps.data = {}
  }
}

function membersOf(of: { readonly data: PlainObject }, owner: KoaSessionOwner): PropertyDescriptorMap {
  const toJSON = (): Record<string, unknown> => ({ ...of.data })
  const commit = (options: CommitOptions, callback?: Callback): Promise<void> | undefined => {
    const done = owner.commit(options)
    if (callback === undefined) return done
    done.then(() => callback(), callback)
    return undefined
  }
  const configurable = true
  const getters: Readonly<Record<string, () => unknown>> = {
    isNew: () => owner.isNew,
    length: () => Object.keys(of.data).length,
    populated: () => Object.keys(of.data).length > 0,
    externalKey: () => owner.externalKey,
  }
  const functions = {
    toJSON,
    [inspect.custom]: toJSON,
    save: (callback?: Callback) => commit({ save: true }, callback),
    regenerate: (callback?: Callback) => commit({ regenerate: true }, callback),
    manuallyCommit: () => owner.commit({}),
    commit: (options?: CommitOptions | Callback, callback?: Callback) =>
      typeof options === 'function' ? commit({}, options) : commit(options ?? {}, callback),
  }
  return {
    ...Object.fromEntries(Object.entries(getters).map(([name, get]) => [name, { get, configurable }])),
    ...Object.fromEntries(
      Reflect.ownKeys(functions).map((name) => [
        name,
        { value: Reflect.get(functions, name), writable: true, configurable },
      ]),
    ),
    maxAge: {
      configurable,
      get: () => owner.maxAge,
      set: (maxAge) => {
        owner.maxAge = maxAge
      },
    },
  }
}

/**
 * The target holds the members, and what is of this request alone: functions, and names that begin with `_`, which
 * koa-session does not store. Everything else is a key of the session. A member goes before a key of its name: what stands
 * in a session must not take the place of `save`.
 */
class Traps implements ProxyHandler<PlainObject> {
  data: PlainObject

  constructor(data: PlainObject) {
    this.data = data
  }

  get(target: PlainObject, name: string | symbol): unknown {
    if (Object.hasOwn(target, name) || typeof name === 'symbol') return Reflect.get(target, name)
    return Reflect.get(this.data, name)
  }

  set(target: PlainObject, name: string | symbol, value: unknown): boolean {
    // Nothing that a visitor sends may become what the members inherit: `'admin' in ctx.session`.
    if (name === '__proto__') return true
    const member = Object.getOwnPropertyDescriptor(target, name)
    if (member?.get !== undefined && member.set === undefined)
      throw new TypeError(`ctx.session.${String(name)} belongs to the session itself: choose another key`)
    const isOwn = member !== undefined || typeof name === 'symbol' || name.startsWith('_')
    return Reflect.set(isOwn || typeof value === 'function' ? target : this.data, name, value)
  }

  has(target: PlainObject, name: string | symbol): boolean {
    return Reflect.has(target, name) || Reflect.has(this.data, name)
  }

  deleteProperty(target: PlainObject, name: string | symbol): boolean {
    return Object.hasOwn(target, name)
      ? Reflect.deleteProperty(target, name)
      : Reflect.deleteProperty(this.data, name)
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.data)
  }

  getOwnPropertyDescriptor(_target: PlainObject, name: string | symbol): PropertyDescriptor | undefined {
    return Reflect.getOwnPropertyDescriptor(this.data, name)
  }

  defineProperty(target: PlainObject, name: string | symbol, property: PropertyDescriptor): boolean {
    const isOwn = !('value' in property) || typeof property.value === 'function' || typeof name === 'symbol'
    return isOwn
      ? Reflect.defineProperty(target, name, { ...property, configurable: true })
      : Reflect.defineProperty(this.data, name, property)
  }
}
