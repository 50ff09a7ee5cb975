import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { csrf, openSessions, type Sessions, type SessionsOptions } from '../../../../src/lib/index.js'
import { send, Visitor } from '../../../support/client.js'
import { serve } from '../../../support/serve.js'
import { sqliteUrl } from '../../../support/sqlite.js'

const KEY = 'Twelve drummers, eleven pipers, ten lords'
const HOUR = 3_600_000

/** One key and one clock for sessions in cookies and in SQLite. */
function stage(t: ExecutionContext) {
  const path = join(tmpdir(), `tessera-${randomUUID()}.sqlite`)
  t.teardown(() => rm(path, { force: true }))
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const all = {
    now: 1_700_000_000_000,
    async open(options: SessionsOptions): Promise<Sessions> {
      const logger = { warn: () => {}, error: () => {} }
      const sessions = await openSessions({
        databaseUrl: sqliteUrl(path),
        secretKey: KEY,
        cleanupInterval: 0,
        engineTimeout: 20_000,
        ...options,
        clock: () => all.now,
        logger,
      })
      t.teardown(() => sessions.close())
      return sessions
    },
    /** A site on the sessions, and how to ask it. */
    async site(options: SessionsOptions) {
      const sessions = await all.open(options)
      const app = new Koa()
      app.silent = true
      app.use(sessions.middleware())
      app.use(csrf({ secretKey: KEY }))
      app.use(async (ctx) => {
        const session = await ctx.session
        if (ctx.path === '/in' || ctx.path === '/in-with-much') session.login('ann')
        if (ctx.path === '/out') session.flush()
        if (ctx.path === '/big' || ctx.path === '/in-with-much') session.set('big', 'x'.repeat(8000))
        if (ctx.path === '/count') session.transform('count', (count = 0) => Number(count) + 1)
        ctx.body = `${session.user} ${session.get('count')}`
      })
      const url = await serve(t, app)
      const ask = (path: string, cookie?: string) =>
        send(agent, `${url}${path}`, cookie === undefined ? {} : { cookie })
      return { sessions, ask, visitor: () => new Visitor((path, sent) => send(agent, `${url}${path}`, sent)) }
    },
  }
  return all
}

type Site = Awaited<ReturnType<ReturnType<typeof stage>['site']>>

/** A visitor who logs in and counts to one, there; and the cookies that this gave. */
async function loggedInAt({ visitor }: Site): Promise<{ cookie: string; earlier: string }> {
  const ann = visitor()
  await ann.visit('/in')
  const earlier = `sessionid=${ann.cookies.get('sessionid')}`
  await ann.visit('/count')
  return { cookie: `sessionid=${ann.cookies.get('sessionid')}`, earlier }
}

const given = ({ cookies }: Awaited<ReturnType<Site['ask']>>): string | undefined => {
  const value = cookies.find(({ name }) => name === 'sessionid')?.value
  return value === undefined ? undefined : `sessionid=${value}`
}

const cookies: SessionsOptions = { engine: 'signed_cookies' }
const intoStore: SessionsOptions = { engine: 'db', moveFrom: 'signed_cookies' }
const store: SessionsOptions = { engine: 'db' }
const intoCookies: SessionsOptions = { engine: 'signed_cookies', moveFrom: 'db' }

test('out of cookies: a session moves once, is listed, and an answer that got lost logs nobody out', async (t) => {
  const all = stage(t)
  const { site } = all
  const before = await site(cookies)
  const { cookie, earlier } = await loggedInAt(before)
  // Its id is new: there is nothing to renew, although the session is old.
  all.now += HOUR
  const after = await site({ ...intoStore, renewAfter: 900 })
  const moved: string[] = []
  after.sessions.on('moved', ({ from }) => moved.push(from))
  const lost = await after.ask('/', cookie)
  t.is(lost.body, 'ann 1')
  t.regex(given(lost) ?? '', /^sessionid=[a-z0-9]{32}$/)
  // Many at once, with two cookies of one session, at two processes: none of their updates is lost.
  const second = await site({ ...intoStore, renewAfter: 900 })
  const many = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      (at % 3 === 0 ? second : after).ask('/count', at % 2 === 0 ? cookie : earlier),
    ),
  )
  t.deepEqual(new Set(many.map(given)), new Set([given(lost)]))
  t.is((await after.ask('/', given(lost))).body, 'ann 21')
  t.deepEqual(moved, ['signed_cookies'])
  t.is((await after.sessions.forUser('ann')).length, 1)
})

test('out of cookies: the first requests come all at once, at two processes, and no update is lost', async (t) => {
  const { site } = stage(t)
  const { cookie, earlier } = await loggedInAt(await site(cookies))
  const processes = [await site(intoStore), await site(intoStore)] as const
  const many = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      (at % 3 === 0 ? processes[0] : processes[1]).ask('/count', at % 2 === 0 ? cookie : earlier),
    ),
  )
  const counts = many.filter(({ status }) => status === 200).length
  t.is(counts, 20)
  t.is(new Set(many.map(given)).size, 1)
  const { body } = await processes[0].ask('/', many[0] && given(many[0]))
  // The earlier cookie holds the session from before it counted; the first of all is the one that moves.
  t.true(['ann 20', 'ann 21'].includes(body), body)
})

test('out of cookies: once the new id is in use the cookie is dead after the grace, and after a log-out at once', async (t) => {
  const all = stage(t)
  const before = await all.site(cookies)
  const [first, second] = [await loggedInAt(before), await loggedInAt(before)]
  const after = await all.site(intoStore)
  const id = given(await after.ask('/', first.cookie))
  await after.ask('/', id)
  t.is((await after.ask('/', first.cookie)).body, 'ann 1')
  all.now += HOUR
  t.is((await after.ask('/', first.cookie)).body, 'undefined undefined')
  t.is((await after.ask('/', id)).body, 'ann 1')
  await after.ask('/out', given(await after.ask('/', second.cookie)))
  for (const cookie of [second.cookie, second.earlier])
    t.is((await after.ask('/', cookie)).body, 'undefined undefined')
})

test('out of cookies: with REVOCATION_STORE the cookie is dead for the old processes too, and all can be logged out', async (t) => {
  const { site } = stage(t)
  const before = await site({ ...cookies, revocationStore: 'db' })
  const [mine, other, third] = [await loggedInAt(before), await loggedInAt(before), await loggedInAt(before)]
  const after = await site({ ...intoStore, revocationStore: 'db' })
  const id = given(await after.ask('/', mine.cookie))
  t.is((await before.ask('/', mine.cookie)).body, 'undefined undefined')
  const session = await after.sessions.open(id?.split('=')[1])
  await after.sessions.revokeOthers(session)
  t.is((await after.ask('/', other.cookie)).body, 'undefined undefined', 'one that had not moved')
  t.is((await after.ask('/', id)).body, 'ann 1')
  await after.sessions.revokeAll('ann')
  for (const cookie of [id, mine.cookie, third.cookie])
    t.is((await after.ask('/', cookie)).body, 'undefined undefined')
})

test('out of cookies: revokeAll at a process that prepares ends what has moved and what has not', async (t) => {
  const { site } = stage(t)
  const before = await site({ ...cookies, revocationStore: 'db' })
  const [moved, other] = [await loggedInAt(before), await loggedInAt(before)]
  const move = await site({ ...intoStore, revocationStore: 'db' })
  const id = given(await move.ask('/', moved.cookie))
  const prepare = await site({ ...intoStore, revocationStore: 'db', moveStep: 'prepare' })
  await prepare.sessions.revokeAll('ann')
  for (const { ask } of [prepare, move])
    for (const cookie of [id, moved.cookie, other.cookie])
      t.is((await ask('/', cookie)).body, 'undefined undefined')
})

test('out of cookies: a log-in at a process that prepares, which fails, ends nothing', async (t) => {
  const all = stage(t)
  const prepare = await all.site({ ...intoStore, moveStep: 'prepare' })
  const { cookie } = await loggedInAt(prepare)
  t.is((await prepare.ask('/in-with-much', cookie)).status, 500)
  t.is((await prepare.ask('/', cookie)).body, 'ann 1')
})

test('out of cookies: a process that prepares leaves sessions where they are, and follows those that have moved', async (t) => {
  const { site } = stage(t)
  const before = await site(cookies)
  const { cookie } = await loggedInAt(before)
  const prepare = await site({ ...intoStore, moveStep: 'prepare' })
  const move = await site(intoStore)
  const still = given(await prepare.ask('/count', cookie))
  t.regex(still ?? '', /^sessionid=e1\./)
  const id = given(await move.ask('/count', still))
  t.is((await prepare.ask('/count', id)).body, 'ann 4')
  t.is((await prepare.ask('/count', still)).body, 'ann 5')
  t.is((await move.ask('/', id)).body, 'ann 5')
  await prepare.ask('/out', id)
  for (const { ask } of [prepare, move]) t.is((await ask('/', still)).body, 'undefined undefined')
})

test('into cookies: the old id leads on until the cookie was seen, and then it is dead', async (t) => {
  const { site } = stage(t)
  const before = await site(store)
  const { cookie: id } = await loggedInAt(before)
  const after = await site(intoCookies)
  const lost = await after.ask('/', id)
  t.is(lost.body, 'ann 1')
  t.regex(given(lost) ?? '', /^sessionid=e1\./)
  t.is((await before.ask('/count', id)).status, 400, 'nobody writes to what has left')
  const cookie = given(await after.ask('/count', id))
  t.is((await after.ask('/', cookie)).body, 'ann 2')
  t.is((await after.ask('/', id)).body, 'undefined undefined')
  const alone = await site(cookies)
  t.is((await alone.ask('/', cookie)).body, 'ann 2')
})

test('into cookies: who read the session before another one changed it, and before it left, loses no update', async (t) => {
  const { site } = stage(t)
  const { cookie } = await loggedInAt(await site(store))
  const id = cookie.split('=')[1]
  const prepare = await site({ ...intoCookies, moveStep: 'prepare' })
  const move = await site(intoCookies)
  const early = await prepare.sessions.open(id)
  await prepare.ask('/count', cookie)
  t.is((await move.sessions.open(id)).get('count'), 2)
  early.set('late', true)
  await early.save()
  const after = await move.sessions.open(early.id)
  t.deepEqual([after.get('count'), after.get('late')], [2, true])
})

test('into cookies: what is ended stays ended, whichever of the two somebody has', async (t) => {
  const { site } = stage(t)
  const before = await site(store)
  const [first, second, third] = [
    await loggedInAt(before),
    await loggedInAt(before),
    await loggedInAt(before),
  ]
  const after = await site({
    ...intoCookies,
    revocationStore: 'file',
    filePath: join(tmpdir(), `tessera-${randomUUID()}`),
  })
  const copies = [given(await after.ask('/', first.cookie)), given(await after.ask('/', first.cookie))]
  await after.ask('/out', copies[0])
  for (const cookie of [...copies, first.cookie])
    t.is((await after.ask('/', cookie)).body, 'undefined undefined')
  await after.ask('/out', second.cookie)
  t.is((await after.ask('/', second.cookie)).body, 'undefined undefined')
  await after.sessions.revokeAll('ann')
  t.is((await after.ask('/', third.cookie)).body, 'undefined undefined')
})

test('into cookies: what is too large for one stays in the store and is used there', async (t) => {
  const { site } = stage(t)
  const before = await site(store)
  const { cookie } = await loggedInAt(before)
  await before.ask('/big', cookie)
  const after = await site(intoCookies)
  t.is((await after.ask('/count', cookie)).body, 'ann 2')
  t.is((await before.ask('/count', cookie)).body, 'ann 3')
})
