import test from 'ava'
import Koa from 'koa'
import { type Engine, openSessions } from '../../../src/lib/index.js'
import { openBench } from '../../support/engines.js'
import { intercept } from '../../support/intercept.js'
import { serve } from '../../support/serve.js'
import type { Handler } from '../../support/site.js'
import { onStoreAndCookie } from '../../support/site.js'
import { memory } from '../../support/stores/memory.js'

const read: Handler = async (ctx) => {
  ctx.body = String((await ctx.session).get('a', 'empty'))
}

onStoreAndCookie(
  'S43 save() in the middle and more changes after it send one Set-Cookie',
  async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        const session = await ctx.session
        session.set('a', 1)
        await session.save()
        session.cycleKey()
        await session.save()
        session.set('a', 3)
      },
    })
    const { cookies } = await site.send('/')
    t.deepEqual(site.calls, ['create', 'rotate', 'update'])
    t.deepEqual(
      cookies.map(({ name }) => name),
      ['sessionid'],
    )
    const stored = await site.stored(cookies[0]?.value ?? '')
    t.deepEqual(stored.kind === 'found' && stored.record.data, { a: 3 })
  },
)

onStoreAndCookie("the application's own cookies survive next to the session's", async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      ctx.cookies.set('before', '1')
      const session = await ctx.session
      session.set('a', 1)
      await session.save()
      ctx.cookies.set('after', '2')
      session.set('a', 2)
    },
  })
  const { cookies } = await site.send('/')
  t.deepEqual(cookies.map(({ name }) => name).sort(), ['after', 'before', 'sessionid'])
})

onStoreAndCookie(
  "a cookie of the application's under the session's name gives way to the session's",
  async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        ctx.cookies.set('sessionid', 'mine')
        ;(await ctx.session).set('a', 1)
      },
      '/after-save': async (ctx) => {
        const session = await ctx.session
        session.set('a', 1)
        await session.save()
        ctx.append('Set-Cookie', 'sessionid=mine; path=/')
      },
    })
    for (const path of ['/', '/after-save']) {
      const { cookies } = await site.send(path)
      t.deepEqual(
        cookies.map(({ name }) => name),
        ['sessionid'],
        path,
      )
      t.is((await site.stored(cookies[0]?.value ?? '')).kind, 'found', path)
    }
  },
)

const varied: readonly [string, string][] = [
  ['Accept', 'Accept, Cookie'],
  ['Accept, cookie', 'Accept, cookie'],
  ['Cookie', 'Cookie'],
  ['*', '*'],
]
for (const [given, expected] of varied) {
  onStoreAndCookie(`item 61: Vary: ${given} becomes Vary: ${expected}`, async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        ctx.set('Vary', given)
        await read(ctx)
      },
    })
    t.is((await site.send('/')).headers.vary, expected)
  })
}

onStoreAndCookie('item 76: quotes around the value are not part of it', async (t, open) => {
  const site = await open({ '/': read })
  const id = await site.store({ a: 'mine' })
  t.is((await site.send('/', { cookie: `sessionid="${id}"` })).body, 'mine')
})

onStoreAndCookie('spaces around name and value are not part of them', async (t, open) => {
  const site = await open({ '/': read })
  const id = await site.store({ a: 'mine' })
  t.is((await site.send('/', { cookie: `x=1;sessionid = ${id} ;y=2` })).body, 'mine')
})

onStoreAndCookie('a cookie whose name only contains the name is another cookie', async (t, open) => {
  const site = await open({ '/': read })
  const id = await site.store({ a: 'mine' })
  const others = [
    'xsessionid',
    'sessionidx',
    'SESSIONID',
    'x; sessionid.x',
    '__Host-sessionid',
    '\xa0sessionid',
  ]
  for (const name of others) {
    const { body, cookies } = await site.send('/', { cookie: `${name}=${id}` })
    t.is(body, 'empty', name)
    t.deepEqual(cookies, [])
  }
  t.deepEqual(site.calls, [])
})

const odd: readonly string[] = [
  ';',
  '=',
  ';;;=;=;',
  'sessionid',
  'sessionid=',
  'sessionid=""',
  'sessionid="',
  'sessionid==',
  'sessionid=; sessionid',
  'sessionid=%E0%A4%A',
  'sessionid=%00%00%00%00%00%00%00%00',
  'sessionid=../../../../etc/passwd',
  'sessionid=\u00e9\u00ff\u0080\u00e9\u00ff\u0080\u00e9\u00ff',
  'sessionid=a\tb\tc\td\te\tf\tg',
  `sessionid=${'A'.repeat(32)}`,
  `sessionid=${'a'.repeat(33)}`,
  `sessionid=${'a'.repeat(8000)}`,
  'sessionid=__proto__; __proto__=sessionid',
  'sessionid={"$ne":null}',
  "sessionid=' OR '1'='1",
]
for (const cookie of odd) {
  onStoreAndCookie(
    `S04 no store call and no error for Cookie: ${JSON.stringify(cookie).slice(0, 60)}`,
    async (t, open) => {
      const site = await open({ '/': read, '/untouched': () => {} }, { saveEveryRequest: true })
      const answers = [await site.send('/', { cookie }), await site.send('/untouched', { cookie })]
      t.deepEqual(
        answers.map(({ status }) => status),
        [200, 200],
      )
      t.is(answers[0]?.body, 'empty')
      t.deepEqual(site.calls, [])
      t.deepEqual(site.errors, [])
    },
  )
}

for (const id of [
  'a\r\nSet-Cookie: x=1',
  'a; Domain=elsewhere.example',
  'a\0b',
  'a b"c,d\\e',
  'é😀',
  'a+/=',
]) {
  test(`S42 an id outside the alphabet of ids, ${JSON.stringify(id)}, is an error that says so`, async (t) => {
    const own = await openBench(memory)
    t.teardown(own.close)
    const { engine } = own.bench
    const create: Engine['create'] = async () => ({ kind: 'created', id, version: 1 })
    for (const options of [
      { engine: 'cache', generateId: () => id },
      { engine: { ...intercept(engine, () => {}), create } },
    ] as const) {
      const sessions = await openSessions(options)
      t.teardown(() => sessions.close())
      const app = new Koa()
      app.silent = true
      const errors: Error[] = []
      app.on('error', (error: Error) => errors.push(error))
      app.use(sessions.middleware())
      app.use(async (ctx) => {
        ctx.body = String((await ctx.session).set('a', 1).size)
      })
      const { status, headers } = await fetch(await serve(t, app))
      t.is(status, 500)
      t.deepEqual(headers.getSetCookie(), [])
      t.regex(errors[0]?.message ?? '', /\bid\b.*(A-Za-z0-9|a-z0-9)/)
    }
  })
}
