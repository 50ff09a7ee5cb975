import { PassThrough, Readable } from 'node:stream'
import { type Handler, onStore, onStoreAndCookie } from '../../support/site.js'

const set: Handler = async (ctx) => (await ctx.session).set('n', 1)

const bodies: readonly [string, Handler, string][] = [
  [
    'a string',
    (ctx) => {
      ctx.body = 'text'
    },
    'text',
  ],
  [
    'an object',
    (ctx) => {
      ctx.body = { json: true }
    },
    '{"json":true}',
  ],
  [
    'a stream',
    (ctx) => {
      ctx.body = Readable.from(['one ', 'two'])
    },
    'one two',
  ],
  [
    'nothing (204)',
    (ctx) => {
      ctx.status = 204
    },
    '',
  ],
  [
    'a redirect',
    (ctx) => {
      ctx.redirect('/elsewhere')
      ctx.body = 'over there'
    },
    'over there',
  ],
]
for (const [title, answerWith, expected] of bodies) {
  onStoreAndCookie(
    `${title}: the cookie is there, and the next request sees what was written`,
    async (t, open) => {
      const site = await open({
        '/': async (ctx) => {
          await set(ctx)
          answerWith(ctx)
        },
        '/next': async (ctx) => {
          ctx.body = String((await ctx.session).get('n'))
        },
      })
      const visitor = site.visitor()
      const { body, cookies } = await visitor.visit('/')
      t.is(body, expected)
      t.is(cookies.length, 1)
      t.is((await visitor.visit('/next')).body, '1')
      t.deepEqual(site.errors, [])
    },
  )
}

onStoreAndCookie('HEAD: the cookie is there, and no body', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      await set(ctx)
      ctx.body = 'text'
    },
  })
  const { status, body, headers, cookies } = await site.visitor().visit('/', 'HEAD')
  t.is(status, 200)
  t.is(body, '')
  t.is(headers['content-length'], '4')
  t.is((await site.stored(cookies[0]?.value ?? '')).kind, 'found')
})

onStoreAndCookie('a visitor who reloads sees every number once', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      const visits = Number(session.get('visits', 0)) + 1
      session.set('visits', visits)
      ctx.body = String(visits)
    },
  })
  const visitor = site.visitor()
  const seen: string[] = []
  for (let visit = 0; visit < 10; visit++) seen.push((await visitor.visit('/')).body)
  t.deepEqual(seen, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'])
})

onStoreAndCookie('ctx.session is one object for every caller, with one load', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const [first, second] = await Promise.all([ctx.session, ctx.session])
      ctx.body = String(first === second && second === (await ctx.session))
    },
  })
  t.is((await site.send('/', { cookie: `sessionid=${await site.store()}` })).body, 'true')
  t.deepEqual(site.calls, ['load'])
})

onStoreAndCookie(
  'callers who ask for a new session at once share one, and it is created once',
  async (t, open) => {
    const add = async (ctx: Parameters<Handler>[0], key: string) => (await ctx.session).set(key, true)
    const site = await open({ '/': (ctx) => Promise.all(['x', 'y', 'z'].map((key) => add(ctx, key))) })
    const { cookies } = await site.send('/')
    t.deepEqual(site.calls, ['create'])
    const stored = await site.stored(cookies[0]?.value ?? '')
    t.deepEqual(stored.kind === 'found' && stored.record.data, { x: true, y: true, z: true })
  },
)

onStoreAndCookie('requests at the same moment have sessions of their own', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      ctx.body = (await ctx.session).get('name')
    },
  })
  const names = Array.from({ length: 20 }, (_, index) => `visitor ${index}`)
  const ids = await Promise.all(names.map((name) => site.store({ name })))
  const answers = await Promise.all(ids.map((id) => site.send('/', { cookie: `sessionid=${id}` })))
  t.deepEqual(
    answers.map(({ body }) => body),
    names,
  )
})

onStore('item 75: what a handler saves while the body streams is stored', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      session.set('n', 1)
      const body = new PassThrough()
      body.write('begun ')
      ctx.body = body
      const saveWhileStreaming = (): void => {
        if (!ctx.headerSent) {
          setImmediate(saveWhileStreaming)
          return
        }
        session.set('late', true)
        session.save().then(
          () => body.end('saved'),
          (error: Error) => body.end(error.name),
        )
      }
      saveWhileStreaming()
    },
  })
  const { body, cookies } = await site.send('/')
  t.is(body, 'begun saved')
  const stored = await site.stored(cookies[0]?.value ?? '')
  t.deepEqual(stored.kind === 'found' && stored.record.data, { n: 1, late: true })
})
