import { UnsupportedValue } from './errors.js'
import { assertJson } from './record.js'
import type { Session } from './session.js'

export type PlainObject = Record<string, unknown>

interface HandedOut {
  readonly value: object
  /** As it was; only where the session itself does not notice changes in place. */
  readonly text: string | undefined
}

/**
 * An open session as the plain object that code for Express and koa-session takes it for: `object.cart = []`, `delete
 * object.cart`, `object.cart.push(1)`. What is read and written are the session's own keys, so its promises hold. What JSON
 * cannot hold becomes what `JSON.stringify` makes of it, as those libraries do: a `Date` its text, `undefined` nothing.
 */
export class ObjectView {
  readonly object: PlainObject
  readonly #session: Session
  readonly #comparesItself: boolean
  readonly #handedOut = new Map<string, HandedOut>()

  /**
   * `members`: whose properties and methods are found under a name that is no key of the session. `comparesItself`: whether
   * changes in place are to be noticed here, since the session is told to ignore them (`NESTED_CHANGES=ignore`).
   */
  constructor(session: Session, members: readonly object[], comparesItself: boolean) {
    this.#session = session
    this.#comparesItself = comparesItself
    this.object = new Proxy<PlainObject>({}, new Traps(this, session, members))
  }

  get(key: string): unknown {
    const value = this.#session.get<string>(key)
    if (typeof value === 'object' && value !== null) this.#remember(key, value)
    return value
  }

  /** @throws UnsupportedValue for what even `JSON.stringify` refuses, such as a value that refers to itself. */
  set(key: string, given: unknown): void {
    const value = jsonOf(key, given)
    this.#handedOut.delete(key)
    if (value === undefined) this.#session.delete(key)
    else this.#session.set<string>(key, value)
    if (typeof value === 'object' && value !== null) this.#remember(key, value)
  }

  /** To be called before each commit: takes up what was changed in place and the session would refuse or not notice. */
  settle(): void {
    for (const [key, { value, text }] of this.#handedOut) {
      if (this.#session.get<string>(key) !== value) continue
      const json = jsonOf(key, value)
      if (json !== value || (text !== undefined && JSON.stringify(value) !== text)) this.set(key, json)
    }
  }

  #remember(key: string, value: object): void {
    if (this.#handedOut.get(key)?.value === value) return
    this.#handedOut.set(key, { value, text: this.#comparesItself ? JSON.stringify(value) : undefined })
  }
}

class Traps implements ProxyHandler<PlainObject> {
  readonly #view: ObjectView
  readonly #session: Session
  readonly #members: readonly object[]

  constructor(view: ObjectView, session: Session, members: readonly object[]) {
    this.#view = view
    this.#session = session
    this.#members = members
  }

  get(target: PlainObject, name: string | symbol): unknown {
    if (typeof name === 'string' && this.#session.has(name)) return this.#view.get(name)
    if (name in target) return Reflect.get(target, name)
    const owner = this.#ownerOf(name)
    const value: unknown = owner && Reflect.get(owner, name)
    return typeof value === 'function' ? value.bind(owner) : value
  }

  set(_target: PlainObject, name: string | symbol, value: unknown): boolean {
    if (typeof name !== 'string') return false
    this.#view.set(name, value)
    return true
  }

  has(target: PlainObject, name: string | symbol): boolean {
    if (typeof name === 'string' && this.#session.has(name)) return true
    return name in target || this.#ownerOf(name) !== undefined
  }

  deleteProperty(_target: PlainObject, name: string | symbol): boolean {
    if (typeof name === 'string') this.#session.delete(name)
    return true
  }

  ownKeys(): string[] {
    return [...this.#session.keys()]
  }

  getOwnPropertyDescriptor(_target: PlainObject, name: string | symbol): PropertyDescriptor | undefined {
    if (typeof name !== 'string' || !this.#session.has(name)) return undefined
    return { value: this.#view.get(name), writable: true, enumerable: true, configurable: true }
  }

  defineProperty(target: PlainObject, name: string | symbol, property: PropertyDescriptor): boolean {
    return 'value' in property && this.set(target, name, property.value)
  }

  #ownerOf(name: string | symbol): object | undefined {
    return this.#members.find((members) => name in members)
  }
}

/**
 * The value itself where JSON holds it, else what `JSON.stringify` makes of it.
 *
 * @throws UnsupportedValue for what that refuses.
 */
export function jsonOf(key: string, value: unknown): unknown {
  try {
    assertJson(key, value)
    return value
  } catch (refused) {
    if (!(refused instanceof UnsupportedValue)) throw refused
    const text = textOf(value, refused)
    return text === undefined ? undefined : JSON.parse(text)
  }
}

function textOf(value: unknown, refused: UnsupportedValue): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    throw refused
  }
}
