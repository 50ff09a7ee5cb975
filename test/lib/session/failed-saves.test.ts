import type { Session } from '../../../src/lib/index.js'
import { EngineUnavailable } from '../../../src/lib/index.js'
import { onStore, type Site } from '../../support/site.js'

/** `save()` fails once because the store is down; then `since` is done, and it works. Answers what is stored then. */
async function savedAtSecondTry(
  site: Site,
  first: (session: Session) => void,
  since: (session: Session) => void,
): Promise<{ session: Session; before: string; record: object | undefined }> {
  const before = await site.store({ a: 1, gone: 1 })
  const session = await site.sessions.open(before)
  first(session)
  for (const call of ['update', 'rotate', 'delete'] as const) site.down.add(call)
  await session.save().then(
    () => {
      throw new Error('it was saved')
    },
    (error: unknown) => {
      if (!(error instanceof EngineUnavailable)) throw error
    },
  )
  site.down.clear()
  since(session)
  await session.save()
  const stored = await site.stored(session.id ?? '')
  return { session, before, record: stored.kind === 'found' ? stored.record.data : undefined }
}

const nothing = (): void => {}

onStore('a save that failed and what came since are done in this order', async (t, open) => {
  const { record } = await savedAtSecondTry(
    await open(),
    (session) => session.set<string>('a', 2).delete('gone'),
    (session) => session.transform<string>('a', (a) => Number(a) + 1),
  )
  t.deepEqual(record, { a: 3 })
})

onStore('an expiry that could not be saved is saved with the next try', async (t, open) => {
  const site = await open()
  const { session } = await savedAtSecondTry(site, (one) => one.setExpiry(60), nothing)
  t.is((await site.sessions.open(session.id)).getExpiryAge(), 60)
})

onStore('a rotation that failed is done with the next try', async (t, open) => {
  const site = await open()
  const { session, before } = await savedAtSecondTry(site, (one) => one.cycleKey(), nothing)
  t.not(session.id, before)
  t.is((await site.stored(before)).kind, 'superseded')
})

onStore('one asked for after a save that failed is done too', async (t, open) => {
  const site = await open()
  const { session, before } = await savedAtSecondTry(
    site,
    (one) => one.set<string>('a', 2),
    (one) => one.cycleKey(),
  )
  t.not(session.id, before)
})

onStore('and nobody who asked for none gets one', async (t, open) => {
  const { session, before } = await savedAtSecondTry(await open(), (one) => one.set<string>('a', 2), nothing)
  t.is(session.id, before)
})

onStore('a log-out that failed is done with the next try', async (t, open) => {
  const site = await open()
  const { session, before } = await savedAtSecondTry(site, (one) => one.flush(), nothing)
  t.is(session.id, undefined)
  t.is((await site.stored(before)).kind, 'missing')
})

onStore('a log-out after a save that failed ends what was to be saved', async (t, open) => {
  const site = await open()
  const { before } = await savedAtSecondTry(
    site,
    (one) => one.cycleKey(),
    (one) => one.flush(),
  )
  t.is((await site.stored(before)).kind, 'missing')
})

onStore(
  'a value that was changed in place before a save that failed is saved with the next try',
  async (t, open) => {
    const site = await open({}, { nestedChanges: 'ignore' })
    const id = await site.store({ car: { wheels: 'steel' } })
    const session = await site.sessions.open(id)
    Object.assign(Object(session.get('car')), { wheels: 'alloy' })
    session.modified = true
    site.down.add('update')
    await t.throwsAsync(session.save(), { instanceOf: EngineUnavailable })
    site.down.clear()
    await session.save()
    t.deepEqual((await site.sessions.open(id)).get('car'), { wheels: 'alloy' })
  },
)
