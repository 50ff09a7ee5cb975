import { setImmediate } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { EngineUnavailable } from '../../../src/lib/index.js'
import type { EngineCall } from '../../support/intercept.js'
import { COOKIE_AGE, type Handler, idAfter, onStoreAndCookie } from '../../support/site.js'
import { isOutage } from '../../system/outages/outage-site.js'

const read: Handler = async (ctx) => (await ctx.session).get('a')
const set: Handler = async (ctx) => (await ctx.session).set('b', 2)
const cycle: Handler = async (ctx) => (await ctx.session).cycleKey()
const flush: Handler = async (ctx) => (await ctx.session).flush()

/** Collects what nobody handled. The answer being there, whatever floats is settled with the next turns of the loop. */
function unhandled(t: ExecutionContext): () => Promise<unknown[]> {
  const rejections: unknown[] = []
  const collect = (reason: unknown): void => {
    rejections.push(reason)
  }
  process.on('unhandledRejection', collect)
  t.teardown(() => process.off('unhandledRejection', collect))
  return async () => {
    await setImmediate()
    await setImmediate()
    return rejections
  }
}

const atCommit: readonly [string, Handler, EngineCall][] = [
  ['reading', read, 'load'],
  ['saving', set, 'update'],
  ['rotating', cycle, 'rotate'],
  ['ending', flush, 'delete'],
]
for (const [title, handler, call] of atCommit) {
  onStoreAndCookie(
    `S66 a store that is down when ${title}: 503, and the session is there afterwards`,
    async (t, open) => {
      const rejections = unhandled(t)
      const site = await open({
        '/': async (ctx) => {
          ctx.cookies.set('theme', 'dark')
          await handler(ctx)
        },
      })
      const id = await site.store()
      site.down.add(call)
      isOutage(t, await site.send('/', { cookie: `sessionid=${id}` }))
      t.true(site.errors[0] instanceof EngineUnavailable)
      t.deepEqual(await rejections(), [])

      site.down.clear()
      const stored = await site.stored(id)
      t.deepEqual(stored.kind === 'found' && stored.record.data, { a: 1 })
      const again = await site.send('/', { cookie: `sessionid=${id}` })
      t.is(again.status, 200)
    },
  )
}

onStoreAndCookie('S66 a store that is down when creating: 503 without a cookie', async (t, open) => {
  const site = await open({ '/': set })
  site.down.add('create')
  isOutage(t, await site.send('/'))
})

onStoreAndCookie(
  'a request that does not use its session is answered while the store is down',
  async (t, open) => {
    const site = await open({ '/': () => {} })
    site.down.add('load')
    const { status, cookies } = await site.send('/', { cookie: `sessionid=${await site.store()}` })
    t.is(status, 200)
    t.deepEqual(cookies, [])
    t.deepEqual(site.calls, [])
  },
)

for (const call of ['load', 'touch'] as const) {
  onStoreAndCookie(
    `SAVE_EVERY_REQUEST: a ${call} that fails does not spoil an answer that did not need the session`,
    async (t, open) => {
      const site = await open({ '/': () => {} }, { saveEveryRequest: true })
      site.down.add(call)
      const { status, cookies } = await site.send('/', { cookie: `sessionid=${await site.store()}` })
      t.is(status, 200)
      t.deepEqual(cookies, [])
      t.deepEqual(site.logged, ['the session store cannot be used', 'a session could not be touched'])
    },
  )
}

onStoreAndCookie(
  'a handler that catches the outage answers in its own way, without a cookie',
  async (t, open) => {
    const rejections = unhandled(t)
    const site = await open({
      '/': async (ctx) => {
        ctx.body = await ctx.session.then(String, (error: unknown) =>
          error instanceof EngineUnavailable ? 'hello, whoever you are' : 'unexpected',
        )
      },
    })
    site.down.add('load')
    const { status, body, cookies } = await site.send('/', { cookie: `sessionid=${await site.store()}` })
    t.is(status, 200)
    t.is(body, 'hello, whoever you are')
    t.deepEqual(cookies, [])
    t.deepEqual(await rejections(), [])
  },
)

onStoreAndCookie(
  'a handler that asks for its session and does not wait brings nothing down',
  async (t, open) => {
    const rejections = unhandled(t)
    const site = await open({
      '/': (ctx) => {
        void ctx.session
        ctx.body = 'not waiting'
      },
    })
    site.down.add('load')
    const { status, body } = await site.send('/', { cookie: `sessionid=${await site.store()}` })
    t.is(status, 200)
    t.is(body, 'not waiting')
    t.deepEqual(await rejections(), [])
  },
)

onStoreAndCookie('every caller of one request sees the outage, which costs one call', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const outcomes = await Promise.allSettled([ctx.session, ctx.session, ctx.session])
      ctx.body = outcomes.map(({ status }) => status).join()
    },
  })
  site.down.add('load')
  t.is(
    (await site.send('/', { cookie: `sessionid=${await site.store()}` })).body,
    'rejected,rejected,rejected',
  )
  t.deepEqual(site.calls, ['load'])
})

onStoreAndCookie('what save() could not write is still to be written', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      session.set('b', 2)
      await session.save().catch(() => site.down.clear())
    },
  })
  const id = await site.store()
  site.down.add('update')
  const answer = await site.send('/', { cookie: `sessionid=${id}` })
  t.is(answer.status, 200)
  t.is(answer.cookies[0]?.attributes['max-age'], String(COOKIE_AGE))
  const stored = await site.stored(idAfter(answer, id))
  t.deepEqual(stored.kind === 'found' && stored.record.data, { a: 1, b: 2 })
})
