/** Engines remember what a record says, and answer many requests with it: no request may see what another does to it. */
import type { Session } from '../../../src/lib/index.js'
import { onStoreAndCookie, type Site } from '../../support/site.js'

interface Basket {
  items: { count: number }[]
}

const data = () => ({
  basket: { items: [{ count: 1 }] },
  other: { items: [{ count: 1 }] },
  flash: { info: [{ items: [{ count: 1 }] }], warning: [{ items: [{ count: 1 }] }] },
})

const spoil = (value: unknown): void => {
  const { items } = value as Basket
  for (const item of items) item.count += 1
  items.push({ count: 7 })
}

/** Every way in which a handler is given what stands in its session. */
const waysOut: Readonly<Record<string, (session: Session) => unknown>> = {
  get: (session) => spoil(session.get('basket')),
  'get, twice': (session) => [spoil(session.get('basket')), spoil(session.get('basket'))],
  values: (session) => [...session.values()].slice(0, 2).map(spoil),
  entries: (session) => [...session.entries()].slice(0, 2).map(([, value]) => spoil(value)),
  iterator: (session) => [...session].slice(0, 2).map(([, value]) => spoil(value)),
  pop: (session) => spoil(session.pop('basket')),
  setDefault: (session) => spoil(session.setDefault('basket', 1)),
  'get, deleted': (session) => {
    const basket = session.get('basket')
    session.delete('basket')
    spoil(basket)
  },
  'put under another key': (session) => {
    session.set('mine', session.get('basket'))
    spoil(session.get('mine'))
  },
  transform: (session) =>
    session.transform('basket', (value) => {
      spoil(value)
      return value ?? {}
    }),
  'get after discard': (session) => {
    spoil(session.get('basket'))
    session.discard()
    for (const key of ['basket', 'other']) spoil(session.get(key))
  },
  'get after flash': async (session) => {
    session.flash('info', { items: [] })
    for (const list of Object.values(session.get('flash') as Record<string, Basket[]>)) list.forEach(spoil)
  },
  'get, a message': (session) => {
    const { warning = [] } = session.get('flash') as Record<string, Basket[]>
    warning.forEach(spoil)
    warning.length = 0
  },
}

/** What the session holds, as a request finds it. */
async function found(site: Site, cookie: string): Promise<unknown> {
  return JSON.parse((await site.send('/look', { cookie })).body)
}

for (const nestedChanges of ['compare', 'ignore'] as const) {
  onStoreAndCookie(
    `what a handler changes in place no other request sees before it is saved (NESTED_CHANGES=${nestedChanges})`,
    async (t, open) => {
      const site = await open(
        {
          '/look': async (ctx) => {
            ctx.body = JSON.stringify(Object.fromEntries(await ctx.session))
          },
          '/spoil': async (ctx) => {
            await waysOut[String(ctx.query.way)]?.(await ctx.session)
            // Nothing of it is saved.
            ctx.status = 500
          },
        },
        { nestedChanges },
      )
      const cookie = `sessionid=${await site.store(data())}`
      for (const way of Object.keys(waysOut)) {
        t.deepEqual(await found(site, cookie), data(), `before: ${way}`)
        t.is((await site.send(`/spoil?way=${encodeURIComponent(way)}`, { cookie })).status, 500)
        t.deepEqual(await found(site, cookie), data(), way)
      }
    },
  )
}

onStoreAndCookie('messages that a request has taken are its own', async (t, open) => {
  const site = await open({
    '/take': async (ctx) => {
      const session = await ctx.session
      const before = JSON.stringify(session.get('basket'))
      for (const message of (await session.flash('info')) as Basket[]) spoil(message)
      ctx.body = before
      ctx.status = 500
    },
    '/look': async (ctx) => {
      ctx.body = JSON.stringify(Object.fromEntries(await ctx.session))
    },
  })
  const cookie = `sessionid=${await site.store(data())}`
  await found(site, cookie)
  await site.send('/take', { cookie })
  const { flash, ...rest } = data()
  const left = site.inCookie ? flash : { warning: flash.warning }
  t.deepEqual(await found(site, cookie), { ...rest, flash: left })
})

onStoreAndCookie(
  'a session that was read for a WebSocket is frozen, and that of others is not',
  async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        const session = await ctx.session
        ;(session.get('basket') as Basket).items.push({ count: 2 })
        ctx.body = JSON.stringify(session.get('basket'))
      },
    })
    const cookie = `sessionid=${await site.store(data())}`
    for (let time = 0; time < 2; time++) {
      const read = await site.sessions.read({ headers: { cookie } })
      if (read === undefined) return t.fail()
      t.true(Object.isFrozen((read.get('basket') as Basket).items))
    }
    t.deepEqual(JSON.parse((await site.send('/', { cookie })).body), { items: [{ count: 1 }, { count: 2 }] })
  },
)
