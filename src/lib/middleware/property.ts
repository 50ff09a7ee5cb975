import Koa, { type Context, type DefaultContext } from 'koa'
import { Session } from '../session/session.js'
import type { RequestSession } from './request-session.js'

/** Where the contexts of a request keep its session, by the property of `ctx` that leads to it. */
const slots = new Map<string, symbol>()

type Holder = Record<symbol, RequestSession | undefined>

/** The key of a context under which the session of `ctx[property]` is kept while the request runs. */
export function slotOf(property: string): symbol {
  const slot = slots.get(property) ?? Symbol(`tessera.${property}`)
  slots.set(property, slot)
  return slot
}

/** The request sessions that a context has, one for each property: the innermost. */
export function requestSessionsOf(ctx: Context): readonly RequestSession[] {
  const holder = ctx as unknown as Holder
  return [...slots.values()].flatMap((slot) => holder[slot] ?? [])
}

/** The innermost session of a request under `property`. */
export function requestSessionAt(ctx: Context, slot: symbol): RequestSession | undefined {
  return (ctx as unknown as Holder)[slot]
}

/** Makes `session` the one that `ctx[property]` leads to; `undefined`: none. */
export function putRequestSession(ctx: Context, slot: symbol, session: RequestSession | undefined): void {
  const holder = ctx as unknown as Holder
  holder[slot] = session
}

/** Once an application, not once a request: `ctx.session` is a getter of the prototype of all its contexts. */
export function addSessionTo(prototype: DefaultContext, property: string): void {
  const slot = slotOf(property)
  if (Object.hasOwn(prototype, slot)) return
  Object.defineProperty(prototype, slot, { value: undefined, writable: true })
  Object.defineProperty(prototype, property, {
    configurable: true,
    get(this: Context): Promise<Session> {
      const requestSession = requestSessionAt(this, slot)
      if (requestSession === undefined) throw new Error(noMiddleware(property))
      return guardAgainstMisuse(requestSession.session, property)
    },
    set(): never {
      throw new TypeError(
        `ctx.${property} cannot be assigned: to end the session write \`(await ctx.${property}).flush()\`, to change it ` +
          `\`(await ctx.${property}).set(key, value)\``,
      )
    },
  })
}

/**
 * Gives the contexts of an application another `ctx.session` than the promise: for a middleware that has opened the session
 * before the handlers run.
 */
export function replaceSession(prototype: DefaultContext, session: PropertyDescriptor): void {
  const slot = slotOf('session')
  if (!Object.hasOwn(prototype, slot))
    Object.defineProperty(prototype, slot, { value: undefined, writable: true })
  Object.defineProperty(prototype, 'session', session)
}

function noMiddleware(property: string): string {
  return `there is no ctx.${property} here: app.use(sessions.middleware()) is missing, or stands below this handler`
}

/** The properties for which Koa's own prototype has a getter of ours. */
const explained = new Set<string>()

/**
 * A handler above the middleware may be the only one that ever runs, and then no application was prepared. So Koa's own
 * prototype has the getter too; an application with sessions of another library defines its own, which goes before it.
 */
export function explainMissingMiddleware(property: string): void {
  const shared: object = Object.getPrototypeOf(new Koa().context)
  if (Object.hasOwn(shared, property)) return
  explained.add(property)
  Object.defineProperty(shared, property, {
    configurable: true,
    get(): never {
      throw new Error(noMiddleware(property))
    },
    set(this: object, value: unknown): void {
      Object.defineProperty(this, property, { value, writable: true, configurable: true, enumerable: true })
    },
  })
}

/** What Koa gives each context itself, beside what its prototype has. */
const OWN = ['app', 'req', 'res', 'request', 'response', 'state', 'originalUrl', 'respond', 'then']

/** @throws TypeError if `property` cannot be the name under which a context has its session. */
export function checkProperty(property: unknown): string {
  const isName = typeof property === 'string' && /^[A-Za-z_$][\w$]*$/.test(property)
  if (!isName)
    throw new TypeError(
      `the option property is the name under which ctx has the session, such as 'session' or 'admin', not ${JSON.stringify(property)}`,
    )
  if (!explained.has(property) && (OWN.includes(property) || property in new Koa().context))
    throw new TypeError(`the option property cannot be '${property}': Koa has a ctx.${property} of its own`)
  return property
}

/** It reads and calls what no promise has, and would take it that nobody is logged in. */
const PASSPORT =
  'Passport cannot wait for a session: write app.use(passportSessions(sessions)), of koa-tessera/passport, between ' +
  'app.use(sessions.middleware()) and app.use(passport.initialize())'

/** The names of a session's members that a promise does not have. */
const sessionMembers = new Set<string>()
for (
  let at: object | null = Session.prototype;
  at !== null && at !== Object.prototype;
  at = Object.getPrototypeOf(at)
) {
  for (const name of Object.getOwnPropertyNames(at)) sessionMembers.add(name)
}
for (const name of ['constructor', 'toJSON', 'then']) sessionMembers.delete(name)

/** By property, the prototype of the promises of its sessions. */
const prototypes = new Map<string, object>()

/**
 * The prototype of a promise of a session: it refuses members that only the session itself has. `await` and `then` find what
 * they need on it, before the proxy, so that costs them nothing.
 */
function promisePrototype(property: string): object {
  const forgotAwait = `ctx.${property} is a promise: write \`const session = await ctx.${property}\` first, then `
  const misuse = new Proxy(Object.create(Promise.prototype), {
    get(target: object, name, receiver) {
      if (name === 'passport' || name === 'regenerate') throw new TypeError(PASSPORT)
      if (typeof name === 'string' && sessionMembers.has(name))
        throw new TypeError(`${forgotAwait}\`session.${name}\``)
      return Reflect.get(target, name, receiver)
    },
    set(target: object, name, value, receiver) {
      if (typeof name === 'string') throw new TypeError(`${forgotAwait}\`session.set('${name}', …)\``)
      return Reflect.set(target, name, value, receiver)
    },
  })
  // `then` has to be read from here: a promise it is.
  const { then, catch: onRejected, finally: onSettled } = Promise.prototype
  return Object.create(misuse, {
    // biome-ignore lint/suspicious/noThenProperty: a promise it is
    then: { value: then },
    catch: { value: onRejected },
    finally: { value: onSettled },
    constructor: { value: Promise },
  })
}

/**
 * The same promise, which throws where it is taken for the session itself, as in `ctx.session.views = 1`, and says what to
 * write instead.
 */
function guardAgainstMisuse(session: Promise<Session>, property: string): Promise<Session> {
  const prototype = prototypes.get(property) ?? promisePrototype(property)
  prototypes.set(property, prototype)
  return Object.setPrototypeOf(session, prototype)
}
