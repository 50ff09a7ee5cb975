import { serverSideEngines } from '../../support/engines.js'
import { testOf } from '../../support/test-of.js'
import { RacingApp } from './app.js'

/** More than a conditional write is tried again: see `MAX_ATTEMPTS`. */
const MANY = 60

for (const under of serverSideEngines) {
  testOf(under, `R08 ${MANY} parallel requests that each set their own key keep ${MANY} keys`, async (t) => {
    const app = await RacingApp.start(t, under)
    await app.request((session) => session.set<string>('first', 0))
    const responses = await Promise.all(
      Array.from({ length: MANY }, (_, n) =>
        app.request((session) => session.set<string>(`key${n}`, n), app.browser.copy()),
      ),
    )
    t.true(responses.every(({ status }) => status === 200))
    const session = await app.sessions.open(app.id)
    t.is(session.size, MANY + 1)
    for (let n = 0; n < MANY; n++) t.is(session.get(`key${n}`), n)
  })

  testOf(under, `R07 ${MANY} parallel transforms of one key count ${MANY}`, async (t) => {
    const app = await RacingApp.start(t, under)
    await app.request((session) => session.set<string>('n', 0))
    const responses = await Promise.all(
      Array.from({ length: MANY }, () =>
        app.request((session) => session.transform<string>('n', (n) => Number(n) + 1), app.browser.copy()),
      ),
    )
    t.true(responses.every(({ status }) => status === 200))
    t.is((await app.sessions.open(app.id)).get('n'), MANY)
  })

  testOf(
    under,
    `what two requests did to different keys counts, deletes and nested changes too`,
    async (t) => {
      const app = await RacingApp.start(t, under)
      await app.request((session) =>
        session.update({ gone: 1, stays: 1, car: { wheels: 'steel' }, cart: [1] }),
      )
      const slow = await app.pause((session) => {
        session.delete('gone')
        const car = session.get('car') as { wheels: string }
        car.wheels = 'alloy'
      })
      await app.request((session) => {
        session.set<string>('stays', 2)
        session.transform<string>('cart', (cart) => [...(cart as number[]), 2])
      })
      t.is((await slow.finish()).status, 200)
      t.deepEqual(
        [...(await app.sessions.open(app.id))],
        [
          ['stays', 2],
          ['car', { wheels: 'alloy' }],
          ['cart', [1, 2]],
        ],
      )
    },
  )

  testOf(under, `a transform that changes its value in place is done once to each version`, async (t) => {
    const app = await RacingApp.start(t, under)
    await app.request((session) => session.set<string>('cart', { items: ['a'] }))
    const add = (item: string) => (cart: unknown) => {
      ;(cart as { items: string[] }).items.push(item)
      return cart
    }
    const slow = await app.pause((session) => {
      session.get('cart')
      session.transform<string>('cart', add('slow'))
    })
    await app.request((session) => session.transform<string>('cart', add('quick')))
    t.is((await slow.finish()).status, 200)
    t.deepEqual((await app.sessions.open(app.id)).get('cart'), { items: ['a', 'quick', 'slow'] })
  })

  testOf(under, `a rotation keeps what others wrote meanwhile`, async (t) => {
    const app = await RacingApp.start(t, under)
    await app.request((session) => session.set<string>('n', 1))
    const slow = await app.pause((session) => {
      session.set<string>('user', 'ada')
      session.cycleKey()
    })
    await app.request((session) => session.set<string>('n', 2))
    const response = await slow.finish()
    t.is(response.status, 200)
    const id = /sessionid=([a-z0-9]{32})/.exec(response.headers.getSetCookie().join())?.[1]
    t.not(id, app.id)
    t.deepEqual(
      [...(await app.sessions.open(id))],
      [
        ['n', 2],
        ['user', 'ada'],
      ],
    )
  })

  testOf(under, `a clear keeps nothing of what others wrote meanwhile`, async (t) => {
    const app = await RacingApp.start(t, under)
    await app.request((session) => session.set<string>('n', 1))
    const slow = await app.pause((session) => {
      session.clear()
      session.set<string>('fresh', true)
    })
    await app.request((session) => session.set<string>('other', 2))
    await slow.finish()
    t.deepEqual([...(await app.sessions.open(app.id))], [['fresh', true]])
  })

  testOf(under, `a save that conflicts shows the handler what others wrote`, async (t) => {
    const app = await RacingApp.start(t, under)
    await app.request((session) => session.set<string>('n', 1))
    const slow = await app.pause(async (session, ctx) => {
      session.set<string>('mine', 1)
      await session.save()
      ctx.body = session.get('n')
    })
    await app.request((session) => session.set<string>('n', 2))
    t.is((await slow.finish()).status, 200)
    t.deepEqual(
      [...(await app.sessions.open(app.id))],
      [
        ['n', 2],
        ['mine', 1],
      ],
    )
  })
}
