import { setImmediate } from 'node:timers/promises'
import type { Context } from 'koa'
import { SessionTooLate } from '../../../src/lib/index.js'
import { type Handler, onStore, onStoreAndCookie } from '../../support/site.js'

/** Answers past Koa. */
function answerMyself(ctx: Context): void {
  ctx.respond = false
  ctx.res.statusCode = 200
  ctx.res.end('my own')
}

const set: Handler = async (ctx) => (await ctx.session).set('b', 2)

onStoreAndCookie(
  'an answer of its own before the commit: a clear error is reported, and nothing saved',
  async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        await set(ctx)
        answerMyself(ctx)
      },
    })
    const id = await site.store()
    const { status, body, cookies } = await site.send('/', { cookie: `sessionid=${id}` })
    t.is(status, 200)
    t.is(body, 'my own')
    t.deepEqual(cookies, [])
    t.is(site.errors.length, 1)
    t.true(site.errors[0] instanceof SessionTooLate)
    t.regex(site.errors[0]?.message ?? '', /await session\.save\(\)/)
    t.deepEqual(site.calls, ['load'])
  },
)

for (const [title, change] of [
  ['a new session', async (ctx) => (await ctx.session).set('b', 2)],
  ['a rotation', async (ctx) => (await ctx.session).cycleKey()],
] as const satisfies readonly [string, Handler][]) {
  onStoreAndCookie(`an answer of its own before the commit of ${title} stores nothing`, async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        await change(ctx)
        answerMyself(ctx)
      },
    })
    const id = title === 'a rotation' ? await site.store() : undefined
    await site.send('/', id === undefined ? {} : { cookie: `sessionid=${id}` })
    t.deepEqual(site.calls, id === undefined ? [] : ['load'])
    t.true(site.errors[0] instanceof SessionTooLate)
  })
}

onStore('an answer of its own after flush: the session still ends', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      ;(await ctx.session).flush()
      answerMyself(ctx)
    },
  })
  const id = await site.store()
  const { body } = await site.send('/', { cookie: `sessionid=${id}` })
  t.is(body, 'my own')
  t.is((await site.stored(id)).kind, 'missing')
})

onStoreAndCookie('an answer of its own from a session that was only read is no error', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      ;(await ctx.session).get('a')
      answerMyself(ctx)
    },
  })
  await site.send('/', { cookie: `sessionid=${await site.store()}` })
  t.deepEqual(site.errors, [])
})

onStoreAndCookie('an answer of its own with an unknown cookie is no error', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      ;(await ctx.session).get('a')
      answerMyself(ctx)
    },
  })
  t.is((await site.send('/', { cookie: `sessionid=${'u'.repeat(32)}` })).body, 'my own')
  t.deepEqual(site.errors, [])
})

onStoreAndCookie(
  'an answer of its own without a session is no error, SAVE_EVERY_REQUEST or not',
  async (t, open) => {
    const site = await open({ '/': answerMyself }, { saveEveryRequest: true })
    const { body } = await site.send('/', { cookie: `sessionid=${await site.store()}` })
    t.is(body, 'my own')
    t.deepEqual(site.errors, [])
  },
)

onStoreAndCookie('save() before an answer of its own: saved, and the cookie sent', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      await set(ctx)
      await (await ctx.session).save()
      answerMyself(ctx)
    },
  })
  const { body, cookies } = await site.send('/')
  t.is(body, 'my own')
  t.is(cookies.length, 1)
  t.is((await site.stored(cookies[0]?.value ?? '')).kind, 'found')
  t.deepEqual(site.calls, ['create'])
  t.deepEqual(site.errors, [])
})

onStoreAndCookie(
  'item 59: save() before an answer of its own: the cookie brings Vary with it',
  async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        await set(ctx)
        await (await ctx.session).save()
        answerMyself(ctx)
      },
    })
    t.is((await site.send('/')).headers.vary, 'Cookie')
  },
)

for (const status of [418, 500]) {
  onStoreAndCookie(
    `save(), then a thrown ${status}: what was saved can be found with the cookie`,
    async (t, open) => {
      const site = await open({
        '/': async (ctx) => {
          const session = await ctx.session
          session.cycleKey()
          await session.save()
          ctx.throw(status)
        },
      })
      const id = await site.store()
      const answer = await site.send('/', { cookie: `sessionid=${id}` })
      t.is(answer.status, status)
      t.is(answer.headers.vary, 'Cookie')
      t.not(answer.cookies[0]?.value, id)
      t.is((await site.stored(answer.cookies[0]?.value ?? '')).kind, 'found')
      t.deepEqual(site.calls, ['load', 'rotate'])
    },
  )
}

/** The session moves to a new id at once; what comes after it cannot be written. */
const moveThenSet: Handler = async (ctx) => {
  const session = await ctx.session
  session.cycleKey()
  await session.save()
  session.set('b', 2)
}
for (const [title, handler, status] of [
  ['a commit', moveThenSet, 503],
  [
    'a commit after a thrown 418',
    async (ctx) => {
      await moveThenSet(ctx)
      ctx.throw(418)
    },
    418,
  ],
] as const satisfies readonly [string, Handler, number][]) {
  onStoreAndCookie(
    `S66 save() moved the session, then ${title} finds the store down: the browser keeps its session`,
    async (t, open) => {
      const site = await open({ '/': handler })
      site.down.add('update')
      const visitor = site.visitor()
      visitor.cookies.set('sessionid', await site.store())
      t.is((await visitor.visit('/')).status, status)
      t.deepEqual(site.calls, ['load', 'rotate', 'update'])
      t.is((await site.stored(visitor.cookies.get('sessionid') ?? '')).kind, 'found')
    },
  )
}

for (const [title, answer] of [
  ['ended by the handler', answerMyself],
  [
    'left to Koa',
    (ctx) => {
      ctx.body = 'my own'
    },
  ],
] as const satisfies readonly [string, Handler][]) {
  onStoreAndCookie(
    `headers flushed before the commit, the body ${title}: a clear error, nothing saved, all of the answer`,
    async (t, open) => {
      const site = await open({
        '/': async (ctx) => {
          await set(ctx)
          ctx.status = 200
          ctx.flushHeaders()
          answer(ctx)
        },
      })
      const id = await site.store()
      const { status, body, cookies } = await site.send('/', { cookie: `sessionid=${id}` })
      t.is(status, 200)
      t.is(body, 'my own')
      t.deepEqual(cookies, [])
      t.is(site.errors.length, 1)
      t.true(site.errors[0] instanceof SessionTooLate)
      const stored = await site.stored(id)
      t.deepEqual(stored.kind === 'found' && stored.record.data, { a: 1 })
    },
  )
}

onStoreAndCookie('an answer of its own that begins after the commit bears the cookie', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      await set(ctx)
      ctx.respond = false
      const endWhenCommitted = (): void => {
        if (ctx.res.hasHeader('Set-Cookie')) ctx.res.end('later')
        else void setImmediate().then(endWhenCommitted)
      }
      endWhenCommitted()
    },
  })
  const { body, cookies } = await site.send('/')
  t.is(body, 'later')
  t.is((await site.stored(cookies[0]?.value ?? '')).kind, 'found')
  t.deepEqual(site.errors, [])
})

for (const [title, asks] of [
  ['asked for it', true],
  ['did not ask for it', false],
] as const) {
  onStore(
    `W8 a session that is opened and changed after the commit of a request that ${title} is an error, told once`,
    async (t, open) => {
      const site = await open({
        '/': async (ctx) => {
          if (asks) await ctx.session
          ctx.body = 'ok'
          // What runs after everything else: a timer, or a middleware above that has waited for the answer.
          ctx.res.once('finish', async () => {
            const session = await ctx.session
            session.set('late', 1).set('later', 2)
          })
        },
      })
      const id = await site.store()
      t.is((await site.send('/', { cookie: `sessionid=${id}` })).status, 200)
      while (site.errors.length === 0) await setImmediate()
      t.true(site.errors[0] instanceof SessionTooLate)
      t.is((await site.send('/', { cookie: `sessionid=${id}` })).status, 200)
      while (site.errors.length < 2) await setImmediate()
      t.is(site.errors.length, 2, 'one a request')
      const stored = await site.stored(id)
      t.deepEqual(stored.kind === 'found' && stored.record.data, { a: 1 })
    },
  )
}
