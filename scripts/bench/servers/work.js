/** Two weeks, in milliseconds: every contender gives its sessions and cookies the same life. */
export const LIFE = 1_209_600_000
export const SECRET = 'a secret of the benchmark, more than 32 characters'

/**
 * Where the handlers of the races wait, each with the session that it has read, as an application waits for its
 * database: until all are there, so that a race has the same end on a fast machine and on a slow one.
 */
export class Gate {
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

/** The same work for everyone: what each route does, with sessions that are plain objects. */
export function objectActs(sessionOf, logOut) {
  const write = (session) => {
    if (session.cart === undefined) Object.assign(session, begin())
    const counter = session.counter + 1
    session.counter = counter
    session.name = nameOf(counter)
    session.cart.items[0].count = counter
    return textOf(session.counter, session.name, session.cart)
  }
  return {
    '/untouched': () => 'ok',
    '/read': (ctx) => {
      const { counter, name, cart } = sessionOf(ctx)
      return cart === undefined ? 'none' : textOf(counter, name, cart)
    },
    '/write': (ctx) => write(sessionOf(ctx)),
    '/create': (ctx) => write(sessionOf(ctx)),
    '/disjoint': async (ctx) => {
      const session = sessionOf(ctx)
      const key = session.counter === undefined ? undefined : keyIn(ctx.url)
      await gate.wait()
      if (key !== undefined) session[key] = 1
      return key ?? 'none'
    },
    '/keys': (ctx) => keptOf(Object.keys(sessionOf(ctx))),
    '/slow': async (ctx) => {
      const session = sessionOf(ctx)
      const known = session.cart !== undefined
      await gate.wait()
      return known ? write(session) : 'none'
    },
    '/log-out': async (ctx) => {
      await logOut(ctx)
      return 'out'
    },
  }
}

/**
 * The same with sessions that have `get` and `set`. `sessionOf` may answer a promise. `putBack`: this one does not
 * notice a change within a value that it has handed out.
 */
export function keyedActs(sessionOf, logOut, { putBack = false } = {}) {
  const write = (session) => {
    if (session.get('cart') === undefined) {
      for (const [key, value] of Object.entries(begin())) session.set(key, value)
    }
    const counter = session.get('counter') + 1
    session.set('counter', counter)
    session.set('name', nameOf(counter))
    const cart = session.get('cart')
    cart.items[0].count = counter
    if (putBack) session.set('cart', cart)
    return textOf(session.get('counter'), session.get('name'), cart)
  }
  return {
    '/untouched': () => 'ok',
    '/read': async (ctx) => {
      const session = await sessionOf(ctx)
      const cart = session.get('cart')
      return cart === undefined ? 'none' : textOf(session.get('counter'), session.get('name'), cart)
    },
    '/write': async (ctx) => write(await sessionOf(ctx)),
    '/create': async (ctx) => write(await sessionOf(ctx)),
    '/disjoint': async (ctx) => {
      const session = await sessionOf(ctx)
      const key = session.get('counter') === undefined ? undefined : keyIn(ctx.url)
      await gate.wait()
      if (key !== undefined) session.set(key, 1)
      return key ?? 'none'
    },
    '/keys': async (ctx) => keptOf(keysOf(await sessionOf(ctx))),
    '/slow': async (ctx) => {
      const session = await sessionOf(ctx)
      const known = session.get('cart') !== undefined
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
  return {
    counter: 0,
    name: nameOf(0),
    cart: {
      items: [
        { article: 'tea', count: 0, price: 450 },
        { article: 'cup', count: 2, price: 1200 },
      ],
      note: 'a gift',
    },
  }
}

const nameOf = (counter) => `visitor ${counter}`
const textOf = (counter, name, cart) => `${counter} ${name} ${cart.items[0].count}`
const keyIn = (url) => url.slice(url.indexOf('?') + 1)
const keptOf = (keys) => String(keys.filter((key) => /^k\d+$/.test(key)).length)
const keysOf = (session) => (session.keys ? [...session.keys()] : Object.keys(session.data()))
