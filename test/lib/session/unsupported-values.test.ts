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
