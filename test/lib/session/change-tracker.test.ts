import { PassThrough } from 'node:stream'
import test from 'ava'
import type { Session } from '../../../src/lib/index.js'
import { openSessions, SessionTooLate } from '../../../src/lib/index.js'
import { type Handler, idAfter, type OpenSite, onStore, onStoreAndCookie } from '../../support/site.js'

/** A stored session with a car, and the calls of a request that does `act` to it. */
async function callsOf(open: OpenSite, act: (session: Session) => unknown): Promise<readonly string[]> {
  const site = await open({ '/': async (ctx) => act(await ctx.session) })
  const id = await site.store({ car: { wheels: 'steel' }, n: 1, none: null })
  await site.send('/', { cookie: `sessionid=${id}` })
  return site.calls
}

const paint = (session: Session): void => {
  Object(session.get('car')).colour = 'red'
}

onStoreAndCookie('what was changed in place and looked at again is saved', async (t, open) => {
  const calls = await callsOf(open, (session) => {
    paint(session)
    session.get('car')
  })
  t.deepEqual(calls, ['load', 'update'])
})

onStoreAndCookie('what save() has saved is not saved again at the end', async (t, open) => {
  const calls = await callsOf(open, async (session) => {
    paint(session)
    await session.save()
  })
  t.deepEqual(calls, ['load', 'update'])
})

onStoreAndCookie('what is changed in place after save() is saved at the end', async (t, open) => {
  const calls = await callsOf(open, async (session) => {
    const car = session.get('car')
    await session.save()
    Object(car).colour = 'red'
  })
  t.deepEqual(calls, ['load', 'update', 'update'])
})

/** Begins its answer, waits until the middleware has committed, does `act`, and ends the answer. */
const streaming = (act: (session: Session) => unknown): Handler => {
  return async (ctx) => {
    const session = await ctx.session
    ctx.respond = false
    ctx.res.write('begun')
    setImmediate(async () => {
      await act(session)
      ctx.res.end()
    })
  }
}

onStoreAndCookie('W8 a change after the commit that nobody saves is reported, once', async (t, open) => {
  const site = await open({ '/': streaming((session) => session.set('a', 2).set('b', 3)) })
  const id = await site.store()
  await site.send('/', { cookie: `sessionid=${id}` })
  t.deepEqual(
    site.errors.map((error) => error instanceof SessionTooLate),
    [true],
  )
})

onStore('W8 one that save() has saved is not', async (t, open) => {
  const site = await open({ '/': streaming((session) => session.set('a', 2).save()) })
  const id = await site.store()
  await site.send('/', { cookie: `sessionid=${id}` })
  t.deepEqual(site.errors, [])
  t.is((await site.sessions.open(id)).get('a'), 2)
})

onStoreAndCookie(
  'a rotation asked for when the response has begun is refused, by save() too',
  async (t, open) => {
    const refused: unknown[] = []
    const handler = streaming(async (session) => {
      session.cycleKey()
      await session.save().catch((error: unknown) => refused.push(error))
    })
    const site = await open({ '/': handler })
    const id = await site.store()
    await site.send('/', { cookie: `sessionid=${id}` })
    t.deepEqual(
      refused.map((error) => error instanceof SessionTooLate),
      [true],
    )
    t.is((await site.stored(id)).kind, 'found')
  },
)

onStoreAndCookie('what is set after flush() and save() begins another session', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      session.flush()
      await session.save()
      session.set('b', 2)
    },
  })
  const id = await site.store()
  const answer = await site.send('/', { cookie: `sessionid=${id}` })
  t.is(answer.status, 200)
  t.deepEqual(site.calls, ['load', 'delete', 'create'])
  t.deepEqual(Object.fromEntries(await site.sessions.open(idAfter(answer))), { b: 2 })
})

test.serial('R31 a request that transforms ten times as many keys does ten times the work', async (t) => {
  const sessions = await openSessions({ engine: 'cache' })
  t.teardown(() => sessions.close())
  const { keys: namesOf } = Object
  t.teardown(() => Object.assign(Object, { keys: namesOf }))
  const workFor = async (keys: number): Promise<number> => {
    let calls = 0
    const counted = (value: object): string[] => {
      calls += 1
      return namesOf(value)
    }
    Object.assign(Object, { keys: counted })
    const session = await sessions.open()
    for (let key = 0; key < keys; key++) session.transform<string>(`key ${key}`, () => ({ key }))
    await session.save()
    Object.assign(Object, { keys: namesOf })
    return calls
  }
  const [few, many] = [await workFor(20), await workFor(200)]
  t.true(many <= 10 * few, `${few} calls for 20 keys, ${many} for 200`)
})

/** Paints the car, and does `act` when that is committed and the answer's body goes out. */
const paintThen = (act: (session: Session) => unknown): Handler => {
  return async (ctx) => {
    const session = await ctx.session
    paint(session)
    const body = new PassThrough()
    ctx.body = body
    ctx.res.once('pipe', () => {
      act(session)
      body.end()
    })
  }
}

onStoreAndCookie(
  'W8 what the commit has saved in place is not reported when it is looked at later',
  async (t, open) => {
    const site = await open({
      '/look': paintThen((session) => session.get('car')),
      '/change': paintThen((session) => Object.assign(Object(session.get('car')), { late: true })),
    })
    for (const [path, reports] of [
      ['/look', 0],
      ['/change', 1],
    ] as const) {
      const id = await site.store({ car: { wheels: 'steel' } })
      await site.send(path, { cookie: `sessionid=${id}` })
      t.is(site.errors.length, reports, path)
    }
  },
)

onStore('what the commit has saved in place is not saved again over what others wrote', async (t, open) => {
  const late: Promise<void>[] = []
  const site = await open({
    '/': paintThen((session) => {
      const saving = async (): Promise<void> => {
        const other = await site.sessions.open(session.id)
        await other.set('car', { wheels: 'theirs' }).save()
        await session.set('a', 1).save()
      }
      late.push(saving())
    }),
  })
  const id = await site.store({ car: { wheels: 'steel' } })
  await site.send('/', { cookie: `sessionid=${id}` })
  await Promise.all(late)
  t.deepEqual(Object.fromEntries(await site.sessions.open(id)), { car: { wheels: 'theirs' }, a: 1 })
})
