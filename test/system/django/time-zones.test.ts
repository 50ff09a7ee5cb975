import { besideDjango, isPostgres, type Pair } from '../../support/django/pair.js'
import { djangoKnowsMoments } from '../../support/django/project.js'

/** Zones of a Django with `USE_TZ = False`, and the databases to try them on. */
const zones: readonly (readonly [zone: string, on: readonly string[]])[] = [
  ['America/New_York', ['SQLite', 'PostgreSQL', 'MariaDB']],
  // To Django's texts this is another zone than that of `USE_TZ = True`: they have no offset.
  ['UTC', ['SQLite']],
]

for (const [zone, on] of zones) {
  const beside = besideDjango({ on, env: { USE_TZ: 'False', TIME_ZONE: zone } })

  /** As a clock in the zone shows it: `2026-12-09 14:18:32`. */
  const localTime = (time: number): string => new Date(time).toLocaleString('sv-SE', { timeZone: zone })

  beside(`DJANGO_TIME_ZONE=${zone}: an end is the same moment on both sides`, async (t, pair) => {
    const { django } = pair
    const sessions = await pair.open(t, { djangoTimeZone: zone })
    await django.do('set', { name: 'theirs', key: null, values: { n: 1 } })
    await django.do('expiry', { name: 'theirs', expiry: 60 })
    const key = await django.do<string>('save', { name: 'theirs' })
    const loaded = await sessions.engine.load(key)
    t.true(loaded.kind === 'found' && Math.abs(loaded.record.expires - Date.now() - 60_000) < 50_000)

    const ours = await sessions.open()
    ours.set<string>('n', 1)
    ours.setExpiry(3600)
    await ours.save()
    const id = ours.id ?? ''
    t.like(await django.do('open', { name: 'ours', key: id }), { data: { n: 1 } })
    t.deepEqual(await django.do('age', { name: 'ours', key: id }), { age: 3600, browser: false })
    t.is(await sessions.clearExpired(), 0)
    const ended = isPostgres(pair) ? "now() - interval '1 minute'" : `'${localTime(Date.now() - 60_000)}'`
    await pair.query(`UPDATE django_session SET expire_date = ${ended} WHERE session_key = '${id}'`)
    t.is(await sessions.clearExpired(), 1)
  })

  beside(
    `DJANGO_TIME_ZONE=${zone}: a moment that is set here is written as Django writes it`,
    async (t, pair) => {
      const sessions = await pair.open(t, { djangoTimeZone: zone })
      const moment = Math.floor(Date.now() / 1000) * 1000 + 3_600_000
      const session = await sessions.open()
      session.set<string>('n', 1)
      session.setExpiry(new Date(moment))
      await session.save()
      const key = session.id ?? ''
      const text = localTime(moment)
      const said = await pair.django.do('read', { name: 'moment', key })
      t.is(said, `{'n': 1, '_session_expiry': '${text.replace(' ', 'T')}'}`)
      t.is((await sessions.open(key)).getExpiryDate().getTime(), moment)
      const expected = isPostgres(pair) ? `${moment / 1000}` : text
      t.is((await endIn(pair, key)).replace(/\.0+$/, ''), expected)
    },
  )

  if (djangoKnowsMoments)
    beside(
      `DJANGO_TIME_ZONE=${zone}: each side saves a session whose moment the other has set`,
      async (t, pair) => {
        const { django } = pair
        const sessions = await pair.open(t, { djangoTimeZone: zone })
        const moment = Math.floor(Date.now() / 1000) * 1000 + 3_600_000
        await django.do('set', { name: 'theirs', key: null, values: { n: 1 } })
        await django.do('expiry', { name: 'theirs', expiry: localTime(moment).replace(' ', 'T') })
        const key = await django.do<string>('save', { name: 'theirs' })
        const end = await endIn(pair, key)
        const session = await sessions.open(key)
        t.is(session.getExpiryDate().getTime(), moment)
        session.set<string>('here', 1)
        await session.save()
        t.is(await endIn(pair, key), end)
        session.setExpiry(new Date(moment + 60_000))
        await session.save()
        const { age } = await django.do<{ age: number }>('age', { name: 'theirs', key })
        t.true(age > 3600 && age <= 3660, `${age}`)
        await django.do('set', { name: 'theirs', values: { there: 1 } })
        await django.do('save', { name: 'theirs' })
        const again = await sessions.open(key)
        t.deepEqual(Object.fromEntries(again.entries()), { n: 1, here: 1, there: 1 })
        t.is(again.getExpiryDate().getTime(), moment + 60_000)
      },
    )
}

/** What the column says: on PostgreSQL seconds since 1970, elsewhere the local time. */
async function endIn(pair: Pair, key: string): Promise<string> {
  const end = isPostgres(pair) ? 'extract(epoch FROM expire_date)::text' : 'CAST(expire_date AS CHAR)'
  const [row] = await pair.query(`SELECT ${end} AS said FROM django_session WHERE session_key = '${key}'`)
  return String(row?.said)
}
