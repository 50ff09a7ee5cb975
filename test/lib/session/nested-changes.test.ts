import { EngineUnavailable, type Session, UnsupportedValue } from '../../../src/lib/index.js'
import {
  idAfter,
  type OpenSite,
  onStore,
  onStoreAndCookie,
  type Site,
  type SiteOptions,
} from '../../support/site.js'

/** A stored session with a nested value, and what is stored once `change` was done to it and saved by a request. */
async function storedAfter(
  open: OpenSite,
  change: (car: { wheels: string; extras: string[] }, session: { modified: boolean }) => unknown,
  options: SiteOptions = {},
): Promise<unknown> {
  const site = await open(
    {
      '/': async (ctx) => {
        const session = await ctx.session
        change(session.get('car') as { wheels: string; extras: string[] }, session)
      },
    },
    options,
  )
  const id = await site.store({ car: { wheels: 'steel', extras: [] } })
  const answer = await site.send('/', { cookie: `sessionid=${id}` })
  const stored = await site.stored(idAfter(answer, id))
  return [site.calls.join(' '), stored.kind === 'found' && stored.record.data.car]
}

const alloy = { wheels: 'alloy', extras: [] }
const steel = { wheels: 'steel', extras: [] }

onStoreAndCookie('item 15: a value changed in place is noticed and saved', async (t, open) => {
  t.deepEqual(await storedAfter(open, (car) => Object.assign(car, alloy)), ['load update', alloy])
})

onStoreAndCookie('item 15: a list deep in a value is noticed too', async (t, open) => {
  const after = await storedAfter(open, (car) => car.extras.push('radio'))
  t.deepEqual(after, ['load update', { wheels: 'steel', extras: ['radio'] }])
})

onStoreAndCookie('a value changed in place and changed back is not saved', async (t, open) => {
  const after = await storedAfter(open, (car) => {
    car.wheels = 'alloy'
    car.wheels = 'steel'
  })
  t.deepEqual(after, ['load', steel])
})

onStoreAndCookie('a value that was only looked at is not saved', async (t, open) => {
  t.deepEqual(await storedAfter(open, (car) => car.wheels.length), ['load', steel])
})

onStoreAndCookie("NESTED_CHANGES=ignore is Django's behaviour: not noticed", async (t, open) => {
  const after = await storedAfter(open, (car) => Object.assign(car, alloy), { nestedChanges: 'ignore' })
  t.deepEqual(after, ['load', steel])
})

onStoreAndCookie('NESTED_CHANGES=ignore and modified = true: saved', async (t, open) => {
  const after = await storedAfter(
    open,
    (car, session) => {
      Object.assign(car, alloy)
      session.modified = true
    },
    { nestedChanges: 'ignore' },
  )
  t.deepEqual(after, ['load update', alloy])
})

for (const nestedChanges of ['compare', 'ignore'] as const) {
  onStoreAndCookie(
    `NESTED_CHANGES=${nestedChanges}: a value changed in place after it was set is saved with it`,
    async (t, open) => {
      const site = await open({}, { nestedChanges })
      const session = await site.sessions.open()
      const list: number[] = []
      session.set('list', list)
      list.push(1)
      await session.save()
      t.deepEqual((await site.sessions.open(session.id)).get('list'), [1])
    },
  )
}

onStoreAndCookie('values met by iteration are noticed as well', async (t, open) => {
  const site = await open()
  const id = await site.store({ list: [1] })
  const session = await site.sessions.open(id)
  for (const [, value] of session) (value as number[]).push(2)
  await session.save()
  t.deepEqual((await site.sessions.open(session.id)).get('list'), [1, 2])
})

onStoreAndCookie('a value changed in place again after save() is noticed again', async (t, open) => {
  const site = await open()
  const id = await site.store({ list: [1] })
  const session = await site.sessions.open(id)
  const list = session.get('list') as number[]
  list.push(2)
  await session.save()
  list.push(3)
  await session.save()
  t.deepEqual((await site.sessions.open(session.id)).get('list'), [1, 2, 3])
})

onStoreAndCookie(
  'an object that was set and saved is noticed when it is changed in place afterwards',
  async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        const session = await ctx.session
        const list: number[] = []
        session.set('list', list)
        await session.save()
        list.push(1)
        await session.save()
        list.push(2)
      },
      '/discard': async (ctx) => {
        const session = await ctx.session
        const list = [1]
        session.set('list', list)
        await session.save()
        list.push(2)
        session.discard()
        ctx.body = JSON.stringify(session.get('list'))
      },
    })
    const id = await site.store({})
    const answer = await site.send('/', { cookie: `sessionid=${id}` })
    const after = await site.sessions.open(idAfter(answer, id))
    t.deepEqual(Object.fromEntries(after), { list: [1, 2] })
    t.is((await site.send('/discard', { cookie: `sessionid=${id}` })).body, '[1]')
  },
)

onStoreAndCookie('a value that is changed in place while a save() is under way is saved', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      const list = session.get('list') as number[]
      list.push(2)
      const saved = session.save()
      list.push(3)
      await saved
    },
  })
  const id = await site.store({ list: [1] })
  const answer = await site.send('/', { cookie: `sessionid=${id}` })
  t.deepEqual((await site.sessions.open(idAfter(answer, id))).get('list'), [1, 2, 3])
})

/** What a handler does before a `save()` of which the record is written late. */
const lateWrites: Readonly<Record<string, (session: Session, site: Site) => unknown>> = {
  'under a new id': (session) => session.cycleKey(),
  'with a log-in': (session) => session.login('ada'),
  'in the place of another session': (session) => {
    session.flush()
    session.set('job', { state: 'idle' })
  },
  'merged into what another request wrote': async (session, site) => {
    session.set('mine', { n: 1 })
    await (await site.sessions.open(session.id)).set('other', 1).save()
  },
}

for (const [how, prepare] of Object.entries(lateWrites)) {
  onStoreAndCookie(
    `a save() writes what the session held when it was called, ${how}, and a change that is taken back is none`,
    async (t, open) => {
      let told: unknown
      const site = await open({
        '/': async (ctx) => {
          const session = await ctx.session
          await prepare(session, site)
          const job = session.get('job') as { state: unknown }
          const saved = session.save()
          job.state = ctx.query.state === 'moment' ? new Date(0) : 'busy'
          await saved
          told = (await site.sessions.open(session.id)).get('job')
          job.state = 'idle'
        },
      })
      for (const state of ['busy', 'moment']) {
        const id = await site.store({ job: { state: 'idle' } })
        const answer = await site.send(`/?state=${state}`, { cookie: `sessionid=${id}` })
        t.is(answer.status, 200)
        t.deepEqual(told, { state: 'idle' })
        t.deepEqual((await site.sessions.open(idAfter(answer, id))).get('job'), { state: 'idle' })
      }
    },
  )
}

onStoreAndCookie(
  'what JSON does not hold is refused in an object that was set, changed and asked for; once mended it is saved',
  async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        const session = await ctx.session
        const own: Record<string, unknown> = {}
        session.set('own', own)
        own.bad = () => 1
        session.get('own')
      },
      '/circle': async (ctx) => {
        const session = await ctx.session
        const own: Record<string, unknown> = {}
        session.set('own', own)
        own.bad = own
        session.get('own')
      },
      '/mended': async (ctx) => {
        const session = await ctx.session
        const own: Record<string, unknown> = {}
        session.set('own', own)
        own.bad = new Date(0)
        await t.throwsAsync(session.save(), { instanceOf: UnsupportedValue, message: /own\.bad/ })
        own.bad = 'good'
      },
    })
    for (const path of ['/', '/circle']) {
      const id = await site.store({ a: 1 })
      t.is((await site.send(path, { cookie: `sessionid=${id}` })).status, 500)
      t.regex(String(site.errors.at(-1)), /UnsupportedValue: .*own\.bad/)
    }
    const id = await site.store({ a: 1 })
    const answer = await site.send('/mended', { cookie: `sessionid=${id}` })
    t.deepEqual((await site.sessions.open(idAfter(answer, id))).get('own'), { bad: 'good' })
  },
)

onStore(
  'so is one that is changed while a save() fails, and discard() drops both changes',
  async (t, open) => {
    const site = await open()
    const id = await site.store({ list: [1] })
    const [kept, dropped] = [await site.sessions.open(id), await site.sessions.open(id)]
    for (const session of [kept, dropped]) {
      const list = session.get('list') as number[]
      session.set('a', 1)
      for (const call of ['update', 'create'] as const) site.down.add(call)
      const saved = session.save()
      list.push(2)
      await t.throwsAsync(saved, { instanceOf: EngineUnavailable })
      site.down.clear()
      if (session === dropped) session.discard()
    }
    t.deepEqual(dropped.get('list'), [1])
    const other = await site.sessions.open(id)
    await other.set('b', 1).save()
    await kept.save()
    t.deepEqual((await site.sessions.open(kept.id)).get('list'), [1, 2])
  },
)

onStore(
  'an object stays the one that the handler has where a save() merges what others wrote',
  async (t, open) => {
    const site = await open()
    const id = await site.store({ mine: [1], both: [1], theirs: [1] })
    const [session, other] = [await site.sessions.open(id), await site.sessions.open(id)]
    const [mine, both] = [session.get('mine') as number[], session.get('both') as number[]]
    session.get('theirs')
    await other.set('theirs', [0]).set('both', [0]).save()
    const saved = session.set('a', 1).save()
    both.push(2)
    await saved
    mine.push(2)
    t.deepEqual(session.get('theirs'), [0])
    await session.save()
    const after = Object.fromEntries(await site.sessions.open(id))
    t.deepEqual(after, { mine: [1, 2], both: [1, 2], theirs: [0], a: 1 })
  },
)

onStoreAndCookie(
  'what JSON does not hold is refused in an object that was set and changed in place',
  async (t, open) => {
    const site = await open()
    const session = await site.sessions.open(await site.store({}))
    const list: unknown[] = []
    session.set('list', list)
    list.push(new Date())
    await t.throwsAsync(session.save(), { instanceOf: UnsupportedValue, message: /list\[0\]/ })
    list.length = 0
    await session.save()
    list.push(new Date())
    await t.throwsAsync(session.save(), { instanceOf: UnsupportedValue, message: /list\[0\]/ })
  },
)

onStoreAndCookie('modified = true alone writes', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      ;(await ctx.session).modified = true
    },
  })
  await site.send('/', { cookie: `sessionid=${await site.store()}` })
  t.deepEqual(site.calls, ['load', 'update'])
})

onStore(
  'NESTED_CHANGES=ignore and modified = true: the value survives a write from elsewhere',
  async (t, open) => {
    const site = await open({}, { nestedChanges: 'ignore' })
    const id = await site.store({ list: [1] })
    const [session, other] = await Promise.all([site.sessions.open(id), site.sessions.open(id)])
    ;(session.get('list') as number[]).push(2)
    session.modified = true
    await other.set('b', 2).save()
    await session.save()
    t.deepEqual(Object.fromEntries(await site.sessions.open(id)), { list: [1, 2], b: 2 })
  },
)
