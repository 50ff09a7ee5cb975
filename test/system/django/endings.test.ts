import type { ExecutionContext } from 'ava'
import { besideDjango, type Pair } from '../../support/django/pair.js'
import { type Handler, RacingApp } from '../races/app.js'

const beside = besideDjango()
const NAME = 'visitor'

/** What a request does that began before the session ended. */
const acts: Readonly<Record<string, Handler>> = {
  set: (session) => session.set<string>('late', true),
  transform: (session) => session.transform<string>('n', (n) => Number(n) + 1),
  'nested change': (session) => (session.get('list') as number[]).push(2),
  delete: (session) => session.delete('n'),
  cycleKey: (session) => session.cycleKey(),
  setExpiry: (session) => session.setExpiry(30),
}

/** How Django ends a session, or moves it to another key. */
const endings: Readonly<Record<string, (pair: Pair, key: string) => Promise<unknown>>> = {
  flush: ({ django }, key) => django.do('flush', { name: NAME, key }),
  'log-out': ({ django }, key) => django.do('logout', { name: NAME, key }),
  cycle_key: ({ django }, key) => django.do('cycle', { name: NAME, key }),
  async 'log-in'({ django }, key) {
    const { id } = await django.do<{ id: number }>('user', { username: crypto.randomUUID(), password: 'x' })
    await django.do('login', { name: NAME, key, id })
  },
  async clearsessions(pair, key) {
    await expire(pair, key)
    await pair.django.do('clearsessions')
  },
  'its time': expire,
}

async function expire(pair: Pair, key: string): Promise<void> {
  await pair.query(
    `UPDATE django_session SET expire_date = '2020-01-01 00:00:00' WHERE session_key = '${key}'`,
  )
}

/** A browser with a session that is stored. */
async function begun(t: ExecutionContext, pair: Pair): Promise<RacingApp> {
  const app = await RacingApp.start(t, pair.under)
  await app.request((session) => session.update({ n: 1, list: [1] }))
  return app
}

for (const [ending, end] of Object.entries(endings)) {
  beside(
    `what Django ends by ${ending}, no late write brings back: 400, no cookie, no row`,
    async (t, pair) => {
      const app = await begun(t, pair)
      const { id } = app
      const late = await Promise.all(Object.values(acts).map((act) => app.pause(act)))
      const reader = await app.pause((session, ctx) => {
        ctx.body = session.get('n')
      })
      await end(pair, id)
      const [before, row] = [(await pair.rows()).length, await pair.row(id)]
      for (const [n, { finish }] of late.entries()) {
        const { status, headers } = await finish()
        t.deepEqual([status, headers.getSetCookie()], [400, []], Object.keys(acts)[n])
      }
      const { status, headers } = await reader.finish()
      t.deepEqual([status, headers.getSetCookie()], [200, []])
      t.deepEqual([(await pair.rows()).length, await pair.row(id)], [before, row])
    },
  )
}

beside(
  'a request that comes with the key that Django has replaced, and only reads, leaves the newer cookie alone',
  async (t, pair) => {
    const app = await begun(t, pair)
    await pair.django.do('cycle', { name: NAME, key: app.id })
    const { status, headers } = await app.request((session, ctx) => {
      ctx.body = session.size
    })
    t.deepEqual([status, headers.getSetCookie()], [200, []])
  },
)

for (const act of ['flush', 'cycleKey'] as const) {
  beside(`what ends here by ${act}, no late save of Django brings back`, async (t, pair) => {
    const { django } = pair
    const app = await begun(t, pair)
    const { id } = app
    await django.do('open', { name: NAME, key: id })
    await django.do('set', { name: NAME, values: { late: true } })
    await app.request((session) => session[act]())
    await t.throwsAsync(django.do('save', { name: NAME }), { message: /^UpdateError/ })
    t.is(await pair.row(id), undefined)
  })
}
