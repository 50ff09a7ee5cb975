/** Two weeks, in milliseconds: every contender gives its sessions and cookies the same life. */
export const LIFE = 1_209_600_000
export const SECRET = 'a secret of the benchmark, more than 32 characters'

/**
 * Where the requests of the races wait, each with the session that it has read, until all are there: so a race has the
 * same end on a fast machine and on a slow one.
 */
class Gate {
  #waiting = []

  get waiting() {
    return this.#waiting.length
  }

  wait() {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  open() {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

export const gate = new Gate()

/** How a session is used that is a plain object. */
const plain = {
  get: (session, key) => session[key],
  set: (session, key, value) => {
    session[key] = value
  },
  keys: (session) => Object.keys(session),
}

/** How one is used that has `get` and `set`. */
const keyed = {
  get: (session, key) => session.get(key),
  set: (session, key, value) => session.set(key, value),
  keys: (session) => (session.keys ? [...session.keys()] : Object.keys(session.data())),
}

/** The same work for everyone, with sessions that are plain objects. `logOut(ctx)` may answer a promise. */
export const objectActs = (sessionOf, logOut) => actsOn(plain, sessionOf, logOut)

/**
 * The same with sessions that have `get` and `set`. `sessionOf` may answer a promise. `putBack`: this one does not notice
 * a change within a value that it has handed out.
 */
export const keyedActs = (sessionOf, logOut, { putBack = false } = {}) =>
  actsOn(keyed, sessionOf, logOut, putBack)

/** What each route does. */
function actsOn({ get, set, keys }, sessionOf, logOut, putBack = false) {
  const write = (session) => {
    if (get(session, 'cart') === undefined) {
      for (const [key, value] of Object.entries(begin())) set(session, key, value)
    }
    const counter = get(session, 'counter') + 1
    set(session, 'counter', counter)
    set(session, 'name', `visitor ${counter}`)
    const cart = get(session, 'cart')
    cart.items[0].count = counter
    if (putBack) set(session, 'cart', cart)
    return textOf(get(session, 'counter'), get(session, 'name'), cart)
  }
  const read = (session) => {
    const cart = get(session, 'cart')
    return cart === undefined ? 'none' : textOf(get(session, 'counter'), get(session, 'name'), cart)
  }
  // Whoever has the session at hand is not made to wait for a promise.
  const on = (act) => (ctx) => {
    const session = sessionOf(ctx)
    return session instanceof Promise ? session.then(act) : act(session)
  }
  return {
    '/untouched': () => 'ok',
    '/read': on(read),
    '/write': on(write),
    '/create': on(write),
    '/disjoint': async (ctx) => {
      const session = await sessionOf(ctx)
      const key = get(session, 'counter') === undefined ? undefined : ctx.url.slice(ctx.url.indexOf('?') + 1)
      await gate.wait()
      if (key !== undefined) set(session, key, 1)
      return key ?? 'none'
    },
    '/keys': on((session) => String(keys(session).filter((key) => /^k\d+$/.test(key)).length)),
    '/slow': async (ctx) => {
      const session = await sessionOf(ctx)
      const known = get(session, 'cart') !== undefined
      await gate.wait()
      return known ? write(session) : 'none'
    },
    '/log-out': async (ctx) => {
      await logOut(ctx)
      return 'out'
    },
  }
}

/** What a server without sessions answers: as much text as the others. */
export const bareActs = {
  '/untouched': () => 'ok',
  '/read': () => '1 visitor 1 1',
  '/write': () => '1 visitor 1 1',
  '/create': () => '1 visitor 1 1',
}

function begin() {
  const items = [
    { article: 'tea', count: 0, price: 450 },
    { article: 'cup', count: 2, price: 1200 },
  ]
  return { counter: 0, name: 'visitor 0', cart: { items, note: 'a gift' } }
}

const textOf = (counter, name, cart) => `${counter} ${name} ${cart.items[0].count}`
