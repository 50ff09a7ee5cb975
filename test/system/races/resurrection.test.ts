import { serverSideEngines } from '../../support/engines.js'
import { testOf } from '../../support/test-of.js'
import { type Handler, RacingApp } from './app.js'

/** How the session ends, or moves, while another request runs. */
const endings: readonly { readonly title: string; readonly end: (app: RacingApp) => Promise<unknown> }[] = [
  { title: 'a log-out', end: (app) => app.request((session) => session.flush()) },
  { title: 'a rotation', end: (app) => app.request((session) => session.cycleKey()) },
  {
    title: 'a log-out and a new session',
    end: (app) =>
      app.request((session) => {
        session.flush()
        session.set<string>('user', 'grace')
      }),
  },
  {
    title: 'its expiry',
    end: async (app) => {
      app.now += 60_000
    },
  },
  {
    title: 'its expiry and a sweep',
    end: async (app) => {
      app.now += 60_000
      await app.sessions.clearExpired()
    },
  },
]

/** What the late request wants, and the status it gets. */
const lates: readonly { readonly title: string; readonly act: Handler; readonly status: number }[] = [
  { title: 'write', act: (session) => session.set<string>('late', true), status: 400 },
  { title: 'transform', act: (session) => session.transform<string>('n', (n) => Number(n) + 1), status: 400 },
  {
    title: 'nested change',
    act: (session) => ((session.get('car') as { wheels: string }).wheels = 'late'),
    status: 400,
  },
  { title: 'rotate', act: (session) => session.cycleKey(), status: 400 },
  { title: 'explicit save', act: (session) => session.save(), status: 400 },
  { title: 'touch', act: (session) => session.get('n'), status: 200 },
]

for (const under of serverSideEngines) {
  for (const { title: ending, end } of endings) {
    for (const { title: late, act, status } of lates) {
      testOf(
        under,
        `S27 a ${late} that ${ending} overtook revives nothing and sends no cookie`,
        async (t) => {
          const app = await RacingApp.start(t, under, true)
          await app.request((session) => session.update({ n: 0, car: { wheels: 'steel' } }))
          const oldId = app.id
          const paused = await app.pause(act)
          await end(app)
          const newId = app.id === oldId ? '' : app.id
          const before = await app.sessions.engine.load(newId)

          const response = await paused.finish()

          t.is(response.status, status)
          t.deepEqual(response.headers.getSetCookie(), [])
          t.not((await app.sessions.engine.load(oldId)).kind, 'found')
          t.deepEqual(await app.sessions.engine.load(newId), before)
        },
      )
    }
  }

  testOf(under, `S27 a log-out that a rotation overtook says so`, async (t) => {
    const app = await RacingApp.start(t, under)
    await app.request((session) => session.set<string>('n', 0))
    const paused = await app.pause((session) => session.flush())
    await app.request((session) => session.cycleKey())
    const response = await paused.finish()
    t.is(response.status, 400)
    t.deepEqual(response.headers.getSetCookie(), [])
    t.is((await app.sessions.engine.load(app.id)).kind, 'found')
  })

  testOf(under, `S27 of two log-outs the later one sends no cookie`, async (t) => {
    const app = await RacingApp.start(t, under)
    await app.request((session) => session.set<string>('n', 0))
    const paused = await app.pause((session) => session.flush())
    await app.request((session) => session.flush())
    const response = await paused.finish()
    t.is(response.status, 200)
    t.deepEqual(response.headers.getSetCookie(), [])
  })

  testOf(
    under,
    `for a minute after a rotation the old id reads as empty and removes no cookie`,
    async (t) => {
      const app = await RacingApp.start(t, under)
      await app.request((session) => {
        session.set<string>('n', 1)
        session.setExpiry(600)
      })
      const late = app.browser.copy()
      await app.request((session) => session.cycleKey())
      const read: Handler = (session, ctx) => {
        ctx.body = `${session.size} ${session.id} ${session.isEmpty()}`
      }

      app.on('/late', read)
      app.now += 59_999
      const within = await late.fetch('/late')
      t.is(await within.text(), '0 undefined true')
      t.deepEqual(within.headers.getSetCookie(), [])
      t.is((await app.request((session) => session.set<string>('late', 1), late)).status, 400)

      app.now += 1
      const after = await late.fetch('/late')
      t.is(await after.text(), '0 undefined true')
      t.regex(after.headers.getSetCookie().join(), /^sessionid=;.*Max-Age=0/)
    },
  )
}
