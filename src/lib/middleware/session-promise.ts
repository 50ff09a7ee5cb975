import { Session } from '../session/session.js'

const FORGOT_AWAIT = 'ctx.session is a promise: write `const session = await ctx.session` first, then '

/** Every name that a session has, and no promise. */
const sessionMembers = new Set<string>()
for (
  let at: object | null = Session.prototype;
  at !== null && at !== Object.prototype;
  at = Object.getPrototypeOf(at)
) {
  for (const name of Object.getOwnPropertyNames(at)) sessionMembers.add(name)
}
for (const name of ['constructor', 'toJSON']) sessionMembers.delete(name)

/** Stands between a promise of a session and `Promise.prototype`, and is asked for what no promise has. */
const misuse = new Proxy(Object.create(Promise.prototype), {
  get(target: object, name, receiver) {
    if (typeof name === 'string' && sessionMembers.has(name))
      throw new TypeError(`${FORGOT_AWAIT}\`session.${name}\``)
    return Reflect.get(target, name, receiver)
  },
  set(target: object, name, value, receiver) {
    if (typeof name === 'string') throw new TypeError(`${FORGOT_AWAIT}\`session.set('${name}', …)\``)
    return Reflect.set(target, name, value, receiver)
  },
})

/** What `await` and `then` ask for is found here, so the proxy costs them nothing. */
const { then, catch: onRejected, finally: onSettled } = Promise.prototype
const sessionPromise = Object.create(misuse, {
  // biome-ignore lint/suspicious/noThenProperty: a promise it is
  then: { value: then },
  catch: { value: onRejected },
  finally: { value: onSettled },
  constructor: { value: Promise },
})

/**
 * The same promise, which throws where it is taken for the session itself, as in `ctx.session.views = 1`, and says what to
 * write instead.
 */
export function guardAgainstMisuse(session: Promise<Session>): Promise<Session> {
  return Object.setPrototypeOf(session, sessionPromise)
}
