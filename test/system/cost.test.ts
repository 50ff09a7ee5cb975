/** What a request may cost, in what does not depend on the machine's speed: `npm run bench` measures the rest. */
import { randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Agent } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import sqlite3 from 'sqlite3'
import { createIn } from '../../src/lib/conformance/drawing.js'
import { type Engine, openSessions } from '../../src/lib/index.js'
import { SessionWatcher } from '../../src/lib/session/watcher.js'
import { send } from '../support/client.js'
import { fileCallsOf, noteCrypto, objectsOf, promisesOf } from '../support/counting.js'
import { serve } from '../support/serve.js'
import { askRedis, redisMissing, redisUrl } from '../support/servers/redis.js'
import { sharedPort } from '../support/servers/shared.js'
import { type Handler, idAfter, onCookies, onEveryStore, type Site } from '../support/site.js'
import { file } from '../support/stores/file.js'
import { sqlite } from '../support/stores/sqlite.js'
import { testOf } from '../support/test-of.js'

const computed = noteCrypto()

/** Requests of which the average is taken. */
const REQUESTS = 40

const views = {
  untouched: () => {},
  read: async (ctx) => {
    const session = await ctx.session
    return [session.get('a'), session.get('basket'), (await ctx.session).get('a')]
  },
  write: async (ctx) => {
    const session = await ctx.session
    session.set('counter', 1).set('name', 'Ada')
    session.set('basket', { items: [{ count: 1 }] })
  },
  create: async (ctx) => (await ctx.session).set('counter', 1),
  'log in': async (ctx) => {
    const session = await ctx.session
    session.cycleKey()
    session.set('user', 7)
  },
  'log out': async (ctx) => (await ctx.session).flush(),
} as const satisfies Record<string, Handler>

type View = keyof typeof views

/** Where the session is in a store: engine calls, hashes, draws of random bytes for an id, and cookies. */
const costs: Readonly<Record<View, { calls: string[]; hashes: number; draws: number; cookies: number }>> = {
  untouched: { calls: [], hashes: 0, draws: 0, cookies: 0 },
  read: { calls: ['load'], hashes: 1, draws: 0, cookies: 0 },
  write: { calls: ['load', 'update'], hashes: 1, draws: 0, cookies: 1 },
  create: { calls: ['create'], hashes: 1, draws: 1, cookies: 1 },
  'log in': { calls: ['load', 'rotate'], hashes: 2, draws: 1, cookies: 1 },
  'log out': { calls: ['load', 'delete'], hashes: 1, draws: 0, cookies: 1 },
}

/**
 * Where the cookie holds it: one that was verified before, or made here, is known by its end. Signing takes two hashes, and
 * of many values one draw of random bytes; sealing a cipher and a draw each. A new session, or a new id, takes an anchor too,
 * and an id is drawn as for any engine.
 */
const cookieCosts: Readonly<Record<View, { made: number; draws: number }>> = {
  untouched: { made: 0, draws: 0 },
  read: { made: 0, draws: 0 },
  write: { made: 1, draws: 0 },
  create: { made: 1, draws: 2 },
  'log in': { made: 1, draws: 2 },
  'log out': { made: 0, draws: 0 },
}

/** Objects, strings and closures that Tessera's own functions make for a request; what they parse too. */
const objects: Readonly<Partial<Record<View, number>>> = { untouched: 8, read: 40, write: 190, create: 190 }

/** The clock stands: a busy machine's requests pass more seconds, each of which has cookie lines of its own. */
const NOW = Date.now()

// Before all others: what they run is compiled for all that they do, and makes more.
test.serial('cache: the objects that a request makes are counted', async (t) => {
  const { visit } = await siteOn(t, { engine: 'cache', clock: () => NOW })
  const { id } = await visit('create')
  for (const [view, most] of Object.entries(objects)) {
    const requests = async (): Promise<void> => {
      for (let time = 0; time < REQUESTS; time++) await visit(view as View, id)
    }
    await requests() // what is made once is made by now
    // A busy machine compiles later what makes fewer objects once it is compiled.
    let made = Number.POSITIVE_INFINITY
    for (let time = 0; time < 5 && made > most; time++)
      made = Math.min(made, Math.round((await objectsOf('/src/', requests)) / REQUESTS))
    t.true(made <= most, `${view}: ${made} objects, where ${most} will do`)
  }
})

test.serial('cache: the tracing channels make nothing for a request while nobody listens', async (t) => {
  const { visit } = await siteOn(t, { engine: 'cache', clock: () => NOW })
  const { id } = await visit('create')
  const requests = async (): Promise<void> => {
    for (let time = 0; time < REQUESTS; time++) await visit('write', id)
  }
  await requests()
  t.is(await objectsOf('/src/lib/tracing.', requests), 0)
  const listener = (): void => {}
  subscribe('tracing:koa-tessera:engine:start', listener)
  t.teardown(() => unsubscribe('tracing:koa-tessera:engine:start', listener))
  t.true((await objectsOf('/src/lib/tracing.', requests)) > REQUESTS)
})

for (const [view, most] of Object.entries(costs)) {
  onEveryStore(`what a request costs that does this: ${view}`, async (t, open) => {
    const site = await open(routes)
    const { answer, crypto } = await visited(view as View, site)
    t.deepEqual(site.calls, most.calls)
    const hashes = crypto.filter((name) => name === 'hash')
    t.true(hashes.length <= most.hashes, `${crypto.join(' ')}: ${most.hashes} will do`)
    t.is(crypto.filter((name) => name === 'randomBytes').length, most.draws)
    t.is(crypto.length, hashes.length + most.draws, crypto.join(' '))
    t.is(answer.cookies.length, most.cookies)
    t.is(answer.headers.vary, view === 'untouched' ? undefined : 'Cookie')
  })
}

test.serial(
  'an id is hashed once, also where other requests come between its read and its write',
  async (t) => {
    const { visit } = await siteOn(t, { engine: 'cache' })
    const visitors = await Promise.all(Array.from({ length: 64 }, () => visit('create')))
    computed.length = 0
    await Promise.all(visitors.map(({ id }) => visit('write', id)))
    t.true(computed.length <= visitors.length, `${computed.length} hashes`)
  },
)

for (const [view, { made, draws }] of Object.entries(cookieCosts)) {
  onCookies(`what a request costs that does this: ${view}`, async (t, open) => {
    const { crypto, sent } = await visited(view as View, await open(routes))
    const isSealed = sent.startsWith('e1.')
    const count = (name: string): number => crypto.filter((one) => one === name).length
    const [hashes, ciphers] = isSealed ? [0, made] : [2 * made, 0]
    t.is(count('hash'), hashes, crypto.join(' '))
    t.is(count('createCipheriv'), ciphers)
    t.is(count('randomBytes'), draws + ciphers)
    t.is(crypto.length, hashes + draws + 2 * ciphers, crypto.join(' '))
  })
}

testOf(
  sqlite,
  'a request makes one statement for each engine call, and those of one moment share it',
  async (t) => {
    const { options, discard } = await sqlite.prepare()
    t.teardown(discard)
    const statements = noteStatements(t)
    // That of node:sqlite is counted in test/lib/engines/db/node-sqlite.test.ts.
    const databaseUrl = options.databaseUrl?.replace('node:sqlite', 'sqlite3') as `sqlite:${string}`
    const { sessions, visit } = await siteOn(t, { engine: 'db', databaseUrl })
    const made = async (work: () => Promise<unknown>): Promise<number> => {
      statements.length = 0
      await work()
      return statements.length
    }
    const { id } = await visit('create')
    await visit('write', id) // each statement is prepared once, when it is needed first
    for (const [view, most] of Object.entries({ untouched: 0, read: 1, write: 2, create: 1 })) {
      t.is(await made(() => visit(view as View, id)), most, `${view}: ${statements.join('\n')}`)
    }
    const { engine } = sessions
    const record = { data: {}, createdAt: 0, expires: Date.now() + 60_000 }
    const ids = await Promise.all(Array.from({ length: 32 }, () => createIn(engine, record)))
    t.is(await made(() => Promise.all(ids.map((one) => engine.load(one)))), 1, '32 loads')
    t.is(await made(() => Promise.all(ids.map((one) => engine.update(one, record, 1)))), 1, '32 updates')
    const { watcher, stop } = watching(engine, ids)
    t.is(await made(() => watcher.look()), 1, '32 watched sessions')
    stop()
    t.is(await made(() => watcher.look()), 0, 'none that is watched')
    await watcher.close()
  },
)

/**
 * A read opens and reads; a write makes a directory and a file, takes the lock, reads, commits, and lets go; a new session
 * mostly needs a directory first.
 */
const fileCalls: Readonly<Partial<Record<View, number>>> = { untouched: 0, read: 2, write: 10, create: 7 }

testOf(file, 'a request makes few calls of the file system', async (t) => {
  const { options, discard } = await file.prepare()
  t.teardown(discard)
  const { visit } = await siteOn(t, { engine: 'file', ...options })
  const { id } = await visit('create')
  for (const [view, most] of Object.entries(fileCalls)) {
    const made = await fileCallsOf(() => visit(view as View, id))
    t.true(made <= most, `${view}: ${made} calls, where ${most} will do`)
  }
})

testOf(
  { title: 'redis', missing: redisMissing },
  'a request takes one round trip for each engine call',
  async (t) => {
    const url = redisUrl(await sharedPort('redis'))
    const keyPrefix = randomUUID()
    const { visit } = await siteOn(t, { engine: 'redis', redisUrl: url, keyPrefix })
    const { id = '' } = await visit('create')
    await visit('write', id) // the server learns the script
    const commandsOf = async (view: View): Promise<string[]> => {
      const seen = await monitored(url, keyPrefix, () => visit(view, id))
      return seen
    }
    t.deepEqual(await commandsOf('untouched'), [])
    t.deepEqual(await commandsOf('read'), ['GET'])
    t.deepEqual(await commandsOf('write'), ['GET', 'EVALSHA'])
    t.deepEqual(await commandsOf('create'), ['SET'])
  },
)

/** Promises that a request makes beyond those of the same request where there are no sessions at all. */
const promises: Readonly<Partial<Record<View, number>>> = { untouched: 4, read: 11, write: 26, create: 34 }

const SECRET = 'a key of these tests, which protects nothing'
/** Production's, and ids that are renewed. */
const timeouts = { idleTimeout: 1800, absoluteTimeout: 28_800, renewAfter: 3600 }

for (const [name, options] of [
  ['cache', { engine: 'cache' }],
  ['cache with timeouts', { engine: 'cache', ...timeouts }],
  ['signed_cookies', { engine: 'signed_cookies', secretKey: SECRET }],
] as const) {
  test.serial(`${name}: the promises that a request makes are counted`, async (t) => {
    const { visit } = await siteOn(t, options)
    const bare = await bareSite(t)
    let { id } = await visit('create')
    for (const [view, most] of Object.entries(promises)) {
      const made = await fewest(async () => {
        ;({ id } = await visit(view as View, id))
      })
      const without = await fewest(async () => {
        await bare(id)
      })
      t.true(made - without <= most, `${view}: ${made - without} promises, where ${most} will do`)
    }
  })
}

const routes = Object.fromEntries(Object.entries(views).map(([name, view]) => [pathOf(name), view]))

function pathOf(view: string): string {
  return `/${view.replace(' ', '-')}`
}

/** One request with a live session's cookie, except to create one; what was computed for it. */
async function visited(view: View, site: Site) {
  const sent = await site.store({ a: 1, basket: { items: [{ count: 1 }] } })
  computed.length = 0
  const answer = await site.send(pathOf(view), view === 'create' ? {} : { cookie: `sessionid=${sent}` })
  return { answer, sent, crypto: [...computed] }
}

/** A site of the plainest kind, on an engine as an application opens it. */
async function siteOn(t: ExecutionContext, options: Parameters<typeof openSessions>[0]) {
  const sessions = await openSessions(options)
  t.teardown(() => sessions.close())
  const url = await serve(
    t,
    appOf((app) => app.use(sessions.middleware())),
  )
  const agent = agentOf(t)
  const visit = async (view: View, id?: string) => {
    const cookie = id === undefined || view === 'create' ? {} : { cookie: `sessionid=${id}` }
    const answer = await send(agent, `${url}${pathOf(view)}`, cookie)
    if (answer.status !== 200) throw new Error(`${view}: ${answer.status} ${answer.body}`)
    return { id: idAfter(answer, id) }
  }
  return { sessions, visit }
}

/** Watches the sessions, and looks at them only when it is told to. */
function watching(engine: Engine, ids: readonly string[]) {
  const rules = { cookieAge: 60, expireAtBrowserClose: false }
  const logger = { warn() {}, error() {} }
  const watcher = new SessionWatcher({ engine, rules, clock: Date.now, logger, interval: 2 ** 31 - 1 })
  const stops = ids.map((id) => watcher.watch({ id, expires: 0 }, () => {}))
  const stop = (): void => {
    for (const each of stops) each()
  }
  return { watcher, stop }
}

async function bareSite(t: ExecutionContext) {
  const url = await serve(
    t,
    appOf(() => {}),
  )
  const agent = agentOf(t)
  return (id = '') => send(agent, `${url}/untouched`, { cookie: `sessionid=${id}` })
}

function appOf(use: (app: Koa) => void): Koa {
  const app = new Koa()
  use(app)
  app.use(async (ctx) => {
    await routes[ctx.path]?.(ctx)
    ctx.body = 'ok'
  })
  return app
}

function agentOf(t: ExecutionContext): Agent {
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  return agent
}

/** The number that is left when nothing else happens to be going on in the process. */
async function fewest(work: () => Promise<unknown>): Promise<number> {
  const counts: number[] = []
  for (let time = 0; time < 5; time++) counts.push(await promisesOf(work))
  return Math.min(...counts)
}

/** Every statement that SQLite runs from now on, until the test is over, and every one that it prepares: its text. */
function noteStatements(t: ExecutionContext): string[] {
  const statements: string[] = []
  const note = <Name extends string>(
    prototype: Record<Name, (...args: unknown[]) => unknown>,
    name: Name,
  ): void => {
    const method = prototype[name]
    prototype[name] = function (this: unknown, ...args: unknown[]) {
      statements.push(`${name} ${args[0]}`)
      return method.apply(this, args)
    }
    t.teardown(() => {
      prototype[name] = method
    })
  }
  note(sqlite3.Database.prototype as never, 'prepare')
  note(sqlite3.Statement.prototype as never, 'all')
  return statements
}

/** The commands on keys of the prefix that came while `work` was done, without those that a script runs inside it. */
async function monitored(url: string, prefix: string, work: () => Promise<unknown>): Promise<string[]> {
  return askRedis(url, async (monitor) => {
    const lines: string[] = []
    let seen = (): void => {}
    const end = new Promise<void>((resolve) => {
      seen = resolve
    })
    await monitor.monitor((line) => {
      if (String(line).includes(`"${prefix}: that is all"`)) seen()
      else if (String(line).includes(prefix)) lines.push(String(line))
    })
    await work()
    await askRedis(url, (client) => client.echo(`${prefix}: that is all`))
    await end
    return lines
      .filter((line) => !line.includes(' lua]'))
      .map((line) => /\] "(\w+)"/.exec(line)?.[1]?.toUpperCase() ?? line)
  })
}
