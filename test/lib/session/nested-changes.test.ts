import { idAfter, type OpenSite, onStore, onStoreAndCookie, type SiteOptions } from '../../support/site.js'

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
