import { openSessions, UnsupportedValue } from '../../../src/lib/index.js'
import { idAfter, onCookies, onEveryStore, onStore, onStoreAndCookie } from '../../support/site.js'

onEveryStore(
  'a flash message that two requests take at the same moment is shown by one of them',
  async (t, open) => {
    const { bench, visitor } = await open({
      '/leave': async (ctx) => (await ctx.session).flash('notice', 'Saved').set('kept', 1),
      '/both': async (ctx) => {
        // Of another process: only the store stands between them.
        const others = await openSessions({ engine: bench.engine, clock: () => bench.now })
        const mine = await ctx.session
        const theirs = await others.open(mine.id)
        mine.set('mine', 1)
        const shown = await Promise.all([mine.flash('notice'), theirs.flash('notice')])
        ctx.body = JSON.stringify(shown.flat())
      },
    })
    const browser = visitor()
    const { cookies } = await browser.visit('/leave')
    t.is((await browser.visit('/both')).body, '["Saved"]')
    const [id = ''] = cookies.map(({ value }) => value)
    const found = await bench.engine.load(id)
    t.deepEqual(found.kind === 'found' && found.record.data, { kept: 1, mine: 1 })
  },
)

onStoreAndCookie(
  'a flash message is shown once, by the request that leaves it or by a later one, and leaves nothing behind',
  async (t, open) => {
    const { visitor, bench } = await open({
      '/leave': async (ctx) => {
        const session = await ctx.session
        session.flash('notice', 'one').flash('notice', { two: 2 }).flash('error', 'three')
      },
      '/take': async (ctx) => (ctx.body = JSON.stringify(await (await ctx.session).flash('notice'))),
      '/both': async (ctx) => {
        const session = await ctx.session
        session.flash('error', 'four')
        ctx.body = JSON.stringify([await session.flash('error'), await session.flash('error')])
      },
    })
    const browser = visitor()
    const left = await browser.visit('/leave')
    t.is((await browser.visit('/take')).body, '["one",{"two":2}]')
    t.is((await browser.visit('/take')).body, '[]')
    const last = await browser.visit('/both')
    t.is(last.body, '[["three","four"],[]]')
    t.is((await browser.visit('/both')).body, '[["four"],[]]')
    const found = await bench.engine.load(idAfter(last, idAfter(left)))
    t.deepEqual(found.kind === 'found' && found.record.data, {})
  },
)

onStore(
  'a page without flash messages costs no more than a page that looks for none; with them a read and a write',
  async (t, open) => {
    const { send, store, calls } = await open({
      '/': async (ctx) => (ctx.body = JSON.stringify(await (await ctx.session).flash('notice'))),
    })
    const [bare, with_] = [await store(), await store({ flash: { notice: ['Saved'] } })]
    calls.length = 0
    await send('/', { cookie: `sessionid=${bare}` })
    t.deepEqual(calls, ['load'])
    calls.length = 0
    t.is((await send('/', { cookie: `sessionid=${with_}` })).body, '["Saved"]')
    t.deepEqual(calls, ['load', 'load', 'update'])
  },
)

onStore(
  'taking flash messages saves nothing else: a request that fails after it has changed nothing',
  async (t, open) => {
    const { send, store, stored } = await open({
      '/': async (ctx) => {
        const session = await ctx.session
        const cart = session.get<string>('cart') as string[]
        cart.push('apple')
        session.set('seen', true).flash('other', 'later')
        ctx.body = await session.flash('notice')
        ctx.throw(500, 'broken')
      },
    })
    const id = await store({ cart: [], flash: { notice: ['Saved'] } })
    await send('/', { cookie: `sessionid=${id}` })
    const found = await stored(id)
    t.deepEqual(found.kind === 'found' && found.record.data, { cart: [] })
  },
)

onStore(
  'flash messages that others leave meanwhile wait for the next page; at most 50 wait',
  async (t, open) => {
    const { send, sessions, store, stored } = await open({
      '/': async (ctx) => {
        const session = await ctx.session
        session.flash('notice', 'mine')
        const other = await sessions.open(session.id)
        other.flash('notice', 'theirs')
        await other.save()
        ctx.body = JSON.stringify(await session.flash('notice'))
      },
    })
    const id = await store()
    t.is((await send('/', { cookie: `sessionid=${id}` })).body, '["mine"]')
    const found = await stored(id)
    t.deepEqual(found.kind === 'found' && found.record.data, { a: 1, flash: { notice: ['theirs'] } })
    const session = await sessions.open()
    for (let n = 1; n <= 51; n++) session.flash('__proto__', n)
    const waiting = await session.flash('__proto__')
    t.deepEqual([waiting.length, waiting.at(0), waiting.at(-1)], [50, 2, 51])
    t.deepEqual(await session.flash('toString'), [])
  },
)

onStore('messages that push older ones out of the list are shown at once, and once', async (t, open) => {
  const { visitor, store } = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      for (let n = 0; n < Number(ctx.query.add ?? 0); n++) session.flash('notice', `new ${n}`)
      ctx.body = JSON.stringify(await session.flash('notice'))
    },
  })
  for (const [waiting, added] of [
    [30, 25],
    [50, 1],
    [50, 60],
  ] as const) {
    const browser = visitor()
    browser.cookies.set('sessionid', await store({ flash: { notice: Array(waiting).fill('old') } }))
    const shown: string[] = JSON.parse((await browser.visit(`/?add=${added}`)).body)
    const own = Math.min(added, 50)
    t.deepEqual(
      shown,
      [
        ...Array<string>(50 - own).fill('old'),
        ...Array.from({ length: own }, (_, n) => `new ${added - own + n}`),
      ],
      `${waiting} and ${added}`,
    )
    t.is((await browser.visit('/')).body, '[]')
  }
})

onStoreAndCookie('messages that clear() has removed are not shown', async (t, open) => {
  const { send, store, stored, calls } = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      session.clear()
      session.flash('notice', 'Emptied').flash('error', 'later')
      ctx.body = JSON.stringify([await session.flash('notice'), await session.flash('notice')])
    },
  })
  const id = await store({ n: 1, flash: { notice: ['Saved'], error: ['Failed'] } })
  calls.length = 0
  const answer = await send('/', { cookie: `sessionid=${id}` })
  t.is(answer.body, '[["Emptied"],[]]')
  t.deepEqual(calls, ['load', 'update'])
  const found = await stored(idAfter(answer, id))
  t.deepEqual(found.kind === 'found' && found.record.data, { flash: { error: ['later'] } })
})

onStore(
  'each take of messages is one write, and what the request writes besides is one more',
  async (t, open) => {
    const { send, store, stored, calls } = await open({
      '/': async (ctx) => {
        const session = await ctx.session
        ctx.body = await session.flash('notice')
        session.set<string>('seen', true)
        ctx.body = await session.flash('error')
      },
    })
    const id = await store({ n: 1, flash: { notice: ['Saved'], error: ['Failed'], later: ['Wait'] } })
    calls.length = 0
    t.is((await send('/', { cookie: `sessionid=${id}` })).body, '["Failed"]')
    t.deepEqual(calls, ['load', 'load', 'update', 'load', 'update', 'update'])
    const found = await stored(id)
    t.deepEqual(found.kind === 'found' && found.record.data, { n: 1, seen: true, flash: { later: ['Wait'] } })
  },
)

onStore(
  'what is no message is refused, and what an application keeps under "flash" is none',
  async (t, open) => {
    const session = await (await open()).sessions.open()
    t.throws(() => session.flash('notice', undefined), { instanceOf: UnsupportedValue, message: /flash/ })
    t.throws(() => session.flash('', 'x'), { message: /takes a text as its key/ })
    await t.throwsAsync(async () => session.flash(1 as unknown as string), {
      message: /takes a text as its key/,
    })
    session.set('flash', 'of a camera')
    t.deepEqual(await session.flash('notice'), [])
  },
)

onCookies('a flash message in a cookie is gone with the answer that shows it', async (t, open) => {
  const { visitor } = await open({
    '/leave': async (ctx) => (await ctx.session).flash('notice', 'Saved'),
    '/fail': async (ctx) => {
      await (await ctx.session).flash('notice')
      ctx.throw(500)
    },
    '/take': async (ctx) => (ctx.body = JSON.stringify(await (await ctx.session).flash('notice'))),
  })
  const browser = visitor()
  await browser.visit('/leave')
  await browser.visit('/fail')
  t.is((await browser.visit('/take')).body, '["Saved"]')
  t.is((await browser.visit('/take')).body, '[]')
})
