/** A handler that catches what `save()` throws, and answers otherwise. */

import type { Context } from 'koa'
import { EngineUnavailable, type Session } from '../../../src/lib/index.js'
import {
  idAfter,
  type OpenSite,
  onCookies,
  onEveryStore,
  onStore,
  onStoreAndCookie,
  type Site,
  type SiteOptions,
} from '../../support/site.js'

type Work = (session: Session, site: Site, ctx: Context) => unknown

/** A site whose handler does `work`, tries to save, catches, does `since`, and answers 413; whose session holds a cart. */
async function catching(open: OpenSite, work: Work, since: Work = () => {}, options: SiteOptions = {}) {
  const caught: unknown[] = []
  const site: Site = await open(
    {
      '/': async (ctx) => {
        const session = await ctx.session
        await work(session, site, ctx)
        try {
          await session.save()
        } catch (error) {
          caught.push(error)
          ctx.status = 413
          ctx.body = 'too much'
          await since(session, site, ctx)
        }
      },
    },
    options,
  )
  const id = await site.store({ box: { items: ['book'] }, a: 1 })
  const answer = await site.send('/', { cookie: `sessionid=${id}` })
  const stored = await site.stored(idAfter(answer, id))
  return { site, id, answer, caught, data: stored.kind === 'found' ? stored.record.data : undefined }
}

const begun = { box: { items: ['book'] }, a: 1 }
const inPlace = (session: Session): void => {
  Object(session.get('box')).items.push('x')
}
const tooMuch: Work = (session) => {
  inPlace(session)
  session.set<string>('much', 'x'.repeat(9000))
}
const unsupported: Work = (session) => {
  session.set<string>('a', 2)
  Object(session.get('box')).items.push(() => {})
}
const setUnsupported: Work = (session) => {
  const value: Record<string, unknown> = {}
  session.set<string>('value', value)
  value.date = new Date()
}
const endedElsewhere: Work = async (session, { bench }) => {
  session.set<string>('a', 2)
  await bench.engine.delete(session.id ?? '')
}
const storeDown: Work = (session, { down }) => {
  session.set<string>('a', 2)
  for (const call of ['update', 'rotate', 'delete', 'create'] as const) down.add(call)
}

const errors: readonly [string, typeof onStore, Work, string][] = [
  ['of a cookie that would be too large', onCookies, tooMuch, 'CookieTooLarge'],
  ['of a value in place that JSON does not hold', onStoreAndCookie, unsupported, 'UnsupportedValue'],
  [
    'of a value that JSON does not hold since it was set',
    onStoreAndCookie,
    setUnsupported,
    'UnsupportedValue',
  ],
  ['of a session that ended elsewhere', onStore, endedElsewhere, 'SessionInterrupted'],
  ['of a store that is down', onStoreAndCookie, storeDown, 'EngineUnavailable'],
  [
    'of a log-in with a store that is down',
    onStore,
    async (session, site, ctx) => {
      session.login('ada')
      await storeDown(session, site, ctx)
    },
    'EngineUnavailable',
  ],
]
for (const [title, on, work, name] of errors) {
  on(`the error ${title} is thrown once: the handler's answer is given`, async (t, open) => {
    const { site, answer, caught } = await catching(open, work)
    if (name === 'EngineUnavailable' && site.inCookie) return t.pass()
    t.is((caught[0] as Error | undefined)?.name, name)
    t.is(answer.status, 413)
    t.is(answer.body, 'too much')
    t.deepEqual(answer.cookies, [])
    t.deepEqual(site.errors, [])
  })

  on(`the error ${title} is thrown again where something was changed since`, async (t, open) => {
    const { site, answer, caught } = await catching(open, work, (session) => session.set<string>('b', 1))
    if (name === 'EngineUnavailable' && site.inCookie) return t.pass()
    t.not(answer.status, 413)
    t.is(site.errors.length, 1)
    t.is(site.errors[0]?.name, (caught[0] as Error | undefined)?.name)
  })

  on(`after the error ${title} discard() leaves what was stored`, async (t, open) => {
    const { site, id, answer, data } = await catching(open, work, (session, { down }) => {
      down.clear()
      session.discard()
      t.false(session.modified)
    })
    if (name === 'EngineUnavailable' && site.inCookie) return t.pass()
    t.is(answer.status, 413)
    t.deepEqual(answer.cookies, [])
    t.is(idAfter(answer, id), id)
    if (name !== 'SessionInterrupted') t.deepEqual(data, begun)
  })

  on(`after the error ${title} and discard() what is set is stored, and nothing else`, async (t, open) => {
    const { site, answer, data } = await catching(open, work, (session, { down }) => {
      down.clear()
      session.discard()
      t.deepEqual(session.get('a'), 1)
      t.deepEqual(session.get('box'), begun.box)
      session.set<string>('b', 1)
    })
    if (name === 'EngineUnavailable' && site.inCookie) return t.pass()
    if (name === 'SessionInterrupted') return t.is(answer.status, 400)
    t.is(answer.status, 413)
    t.deepEqual(data, { ...begun, b: 1 })
    return t.deepEqual(site.errors, [])
  })
}

onStore('S66 what a store did not take is tried again when the request ends', async (t, open) => {
  const { answer, caught, data } = await catching(open, storeDown, (_, { down }) => down.clear())
  t.true(caught[0] instanceof EngineUnavailable)
  t.is(answer.status, 413)
  t.deepEqual(data, { ...begun, a: 2 })
})

onStoreAndCookie('save() that is called again throws again', async (t, open) => {
  const again: unknown[] = []
  const { answer, caught } = await catching(open, unsupported, async (session) => {
    await session.save().catch((error: unknown) => again.push(error))
  })
  t.is(again.length, 1)
  t.is((again[0] as Error).message, (caught[0] as Error).message)
  t.is(answer.status, 413)
})

onStoreAndCookie('discard() forgets a log-in, a log-out, an expiry and a new id', async (t, open) => {
  const works: readonly ((session: Session) => unknown)[] = [
    (session) => session.login('ada'),
    (session) => session.logout(),
    (session) => session.setExpiry(60),
    (session) => session.cycleKey(),
    (session) => session.clear(),
    (session) => session.delete('a'),
    (session) => session.update({ a: 5, b: 6 }),
    (session) => session.transform<string>('a', () => 7),
    inPlace,
    (session) => {
      session.modified = true
    },
  ]
  for (const work of works) {
    const site = await open({
      '/': async (ctx) => {
        const session = await ctx.session
        work(session)
        session.discard()
        t.false(session.modified)
        t.is(session.user, undefined)
        t.deepEqual(Object.fromEntries(session), begun)
      },
    })
    const id = await site.store(begun)
    const { cookies, status } = await site.send('/', { cookie: `sessionid=${id}` })
    t.is(status, 200, site.errors[0]?.stack)
    t.deepEqual(cookies, [], String(work))
    t.deepEqual(site.calls, ['load'])
  }
})

onStoreAndCookie(
  'discard() of a session that is new leaves none, and of one that was saved that',
  async (t, open) => {
    const site = await open({
      '/new': async (ctx) => {
        const session = await ctx.session
        session.set<string>('a', 1)
        session.discard()
        t.true(session.isEmpty())
      },
      '/saved': async (ctx) => {
        const session = await ctx.session
        session.set<string>('a', { n: [1] })
        await session.save()
        Object(session.get('a')).n.push(2)
        session.set<string>('b', 2)
        session.discard()
        t.deepEqual(Object.fromEntries(session), { a: { n: [1] } })
      },
    })
    t.deepEqual((await site.send('/new')).cookies, [])
    const answer = await site.send('/saved')
    const stored = await site.stored(idAfter(answer))
    t.deepEqual(stored.kind === 'found' && stored.record.data, { a: { n: [1] } })
  },
)

const limited: SiteOptions = { maxSessionsPerUser: 1, maxSessionsPolicy: 'refuse-new' }

/** Ways in which a handler changes a value in place before a log-in that is refused. */
const changes: readonly [string, (session: Session) => unknown][] = [
  ['get()', inPlace],
  ['values()', (session) => Object([...session.values()][0]).items.push('x')],
  ['entries()', (session) => Object([...session][0]?.[1]).items.push('x')],
  ['setDefault()', (session) => Object(session.setDefault('box', {})).items.push('x')],
  ['transform()', (session) => session.transform('box', (box) => ({ items: [...Object(box).items, 'x'] }))],
  [
    'transform() in place',
    (session) =>
      session.transform('box', (box) => {
        Object(box).items.push('x')
        return box
      }),
  ],
  ['pop()', (session) => Object(session.pop('box')).items.push('x')],
  [
    'delete() after get()',
    (session) => {
      inPlace(session)
      session.delete('box')
    },
  ],
  [
    'set() of the same value',
    (session) => {
      const box = Object(session.get('box'))
      box.items.push('x')
      session.set('box', box)
    },
  ],
  [
    'clear() after get()',
    (session) => {
      inPlace(session)
      session.clear()
    },
  ],
]
for (const [nestedChanges, [title, change]] of changes.flatMap((each) =>
  (['compare', 'ignore'] as const).map((mode) => [mode, each] as const),
))
  onStore(
    `S32 a log-in that is refused leaves nothing of what ${title} changed in place: NESTED_CHANGES=${nestedChanges}`,
    async (t, open) => {
      const site = await open(
        {
          '/': async (ctx) => {
            const session = await ctx.session
            change(session)
            session.login('ada')
            const error = await session.save().then(
              () => undefined,
              (thrown: Error) => thrown,
            )
            t.is(error?.name, 'TooManySessions')
            t.is(session.user, undefined)
            session.set<string>('note', 1)
            await session.save()
            t.deepEqual(session.get('box'), begun.box)
          },
        },
        { ...limited, nestedChanges },
      )
      const first = await site.sessions.open()
      first.login('ada')
      await first.save()
      const id = await site.store(begun)
      const { status } = await site.send('/', { cookie: `sessionid=${id}` })
      t.is(status, 200, site.errors[0]?.stack)
      const stored = await site.stored(id)
      t.deepEqual(stored.kind === 'found' && stored.record.data, { ...begun, note: 1 })
    },
  )

onEveryStore('S32 a log-in that the end of the request refuses leaves nothing either', async (t, open) => {
  const site = await open(
    {
      '/': async (ctx) => {
        const session = await ctx.session
        inPlace(session)
        session.set<string>('b', 2)
        session.login('ada')
      },
    },
    limited,
  )
  const first = await site.sessions.open()
  first.login('ada')
  await first.save()
  const id = await site.store(begun)
  const { status, cookies } = await site.send('/', { cookie: `sessionid=${id}` })
  t.is(status, 409)
  t.deepEqual(cookies, [])
  const stored = await site.stored(id)
  t.deepEqual(stored.kind === 'found' && stored.record.data, begun)
})

/** The first `save()` gives the browser another cookie, and the session ends before the second one. */
const endedBetweenSaves: Work = async (session, { sessions }, ctx) => {
  ctx.cookies.set('theme', 'dark')
  session.login('ada')
  await session.save()
  await sessions.revokeAll('ada')
  session.flash('notice', 'hello')
}

onStore(
  'S27 a session that ends between two saves: a 400 without the cookie of the first',
  async (t, open) => {
    const site: Site = await open({
      '/': async (ctx) => {
        const session = await ctx.session
        await endedBetweenSaves(session, site, ctx)
        await session.save()
      },
    })
    const answer = await site.request('/')
    t.is(answer.status, 400)
    t.deepEqual(answer.cookies, [])
  },
)

onStore(
  'S27 who catches that sends the application’s own cookies, and not the session’s',
  async (t, open) => {
    const { answer, caught } = await catching(open, endedBetweenSaves)
    t.is((caught[0] as Error | undefined)?.name, 'SessionInterrupted')
    t.is(answer.status, 413)
    t.deepEqual(
      answer.cookies.map(({ name }) => name),
      ['theme'],
    )
  },
)
