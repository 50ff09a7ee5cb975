import type { Context } from 'koa'
import { UnsupportedValue } from '../../../src/lib/index.js'
import { idAfter, onStoreAndCookie } from '../../support/site.js'

const begun = { kept: 'as it was', nested: { list: [1] } }

type Spoil = (ctx: Context) => Promise<unknown>

const spoils: readonly [string, Spoil][] = [
  ['by set', async (ctx) => (await ctx.session).set('kept', 'changed').set('bad', () => {})],
  ['by update', async (ctx) => (await ctx.session).update({ kept: 'changed', bad: 1n })],
  ['by setDefault', async (ctx) => (await ctx.session).setDefault('bad', Symbol('bad'))],
  [
    'with a toJSON',
    async (ctx) => (await ctx.session).set('bad', Object.defineProperty([1], 'toJSON', { value: () => 2 })),
  ],
  ['under a symbol', async (ctx) => (await ctx.session).set('bad', { [Symbol('s')]: 1 })],
  [
    'as a toJSON in place',
    async (ctx) => {
      Object.defineProperty((await ctx.session).setDefault('bad', {}), 'toJSON', { value: () => 2 })
    },
  ],
  ['by transform', async (ctx) => (await ctx.session).transform('bad', () => new Date())],
  [
    'in place',
    async (ctx) => {
      const session = await ctx.session
      session.set('kept', 'changed')
      Object.assign(Object(session.get('nested')), { bad: new Map() })
    },
  ],
  [
    'in place after set',
    async (ctx) => {
      const value: Record<string, unknown> = { fine: true }
      ;(await ctx.session).set('kept', value)
      value.bad = value
    },
  ],
]
for (const [title, spoil] of spoils) {
  onStoreAndCookie(
    `W32 a value put in ${title} that JSON does not hold: 500, nothing written, the key named`,
    async (t, open) => {
      const site = await open({ '/': spoil })
      const id = await site.store(begun)
      const { status, body, cookies } = await site.send('/', { cookie: `sessionid=${id}` })
      t.is(status, 500)
      t.is(body, 'Internal Server Error')
      t.deepEqual(cookies, [])
      t.true(site.errors[0] instanceof UnsupportedValue)
      t.regex(site.errors[0]?.message ?? '', /\bbad\b/)
      t.deepEqual(site.calls, ['load'])
      const stored = await site.stored(id)
      t.deepEqual(stored.kind === 'found' && stored.record.data, begun)
    },
  )
}

onStoreAndCookie('W32 a handler that catches the refusal goes on with what it had', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      session.set('kept', 'changed')
      t.throws(() => session.update({ kept: 'changed again', bad: Number.NaN }), {
        instanceOf: UnsupportedValue,
      })
    },
  })
  const id = await site.store(begun)
  const answer = await site.send('/', { cookie: `sessionid=${id}` })
  t.is(answer.status, 200)
  const stored = await site.stored(idAfter(answer, id))
  t.deepEqual(stored.kind === 'found' && stored.record.data, { ...begun, kept: 'changed' })
})

/** Deeper than what may be set. */
const deep = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`)

onStoreAndCookie(
  'W32 a deep value that was stored elsewhere goes along, read or not; set again it is refused',
  async (t, open) => {
    const site = await open({
      '/write': async (ctx) => (await ctx.session).set('n', 1),
      '/read': async (ctx) => {
        const session = await ctx.session
        session.get<string>('deep')
        session.set('n', 2)
      },
      '/meet': async (ctx) => {
        const session = await ctx.session
        session.transform<string>('met', (met) => Number(met ?? 0) + 1)
        if (site.inCookie) return
        const other = await site.sessions.open(session.id)
        other.set('theirs', 1)
        await other.save()
      },
      '/set': async (ctx) => {
        const session = await ctx.session
        session.set<string>('deep', session.get<string>('deep'))
      },
    })
    let id = await site.store({ deep })
    for (const path of ['/write', '/read', '/meet']) {
      const answer = await site.send(path, { cookie: `sessionid=${id}` })
      t.is(answer.status, 200, path)
      id = idAfter(answer, id)
    }
    const stored = await site.stored(id)
    t.like(stored.kind === 'found' && stored.record.data, { deep, n: 2, met: 1 })
    t.is((await site.send('/set', { cookie: `sessionid=${id}` })).status, 500)
    t.regex(site.errors[0]?.message ?? '', /nested more than 200 deep/)
  },
)

onStoreAndCookie('W32 an object that was taken out, put back and changed is looked at', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      const nested = session.get<string>('nested')
      session.set<string>('nested', 1)
      await session.save()
      session.set<string>('nested', nested)
      Object.assign(Object(nested), { bad: new Map() })
    },
  })
  const id = await site.store(begun)
  t.is((await site.send('/', { cookie: `sessionid=${id}` })).status, 500)
  t.regex(site.errors[0]?.message ?? '', /nested\.bad: it is a Map/)
})
