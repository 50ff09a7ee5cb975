import { besideDjango } from '../../support/django/pair.js'

const ZONE = 'America/New_York'
/** A Django that keeps local times. PostgreSQL keeps instants all the same. */
const beside = besideDjango({ on: ['SQLite', 'MariaDB'], env: { USE_TZ: 'False', TIME_ZONE: ZONE } })

/** As a clock in New York shows it: `2026-12-09 14:18:32`. */
const localTime = (time: number): string => new Date(time).toLocaleString('sv-SE', { timeZone: ZONE })

beside('with DJANGO_TIME_ZONE an end in local time is the same moment on both sides', async (t, pair) => {
  const { django } = pair
  const sessions = await pair.open(t, { djangoTimeZone: ZONE })
  await django.do('set', { name: 'theirs', key: null, values: { n: 1 } })
  await django.do('expiry', { name: 'theirs', expiry: 60 })
  const key = await django.do<string>('save', { name: 'theirs' })
  const loaded = await sessions.engine.load(key)
  t.true(loaded.kind === 'found' && Math.abs(loaded.record.expires - Date.now() - 60_000) < 50_000)
  // Hours away: who takes the column for UTC finds a session that has ended.
  t.is((await (await pair.open(t)).engine.load(key)).kind, 'missing')

  const ours = await sessions.open()
  ours.set<string>('n', 1)
  ours.setExpiry(3600)
  await ours.save()
  const id = ours.id ?? ''
  t.like(await django.do('open', { name: 'ours', key: id }), { data: { n: 1 } })
  t.deepEqual(await django.do('age', { name: 'ours', key: id }), { age: 3600, browser: false })
  t.is(await sessions.clearExpired(), 0)
  await pair.query(
    `UPDATE django_session SET expire_date = '${localTime(Date.now() - 60_000)}' WHERE session_key = '${id}'`,
  )
  t.is(await sessions.clearExpired(), 1)
})

beside(
  'with DJANGO_TIME_ZONE a moment that a session ends at is written as Django writes local times',
  async (t, pair) => {
    const sessions = await pair.open(t, { djangoTimeZone: ZONE })
    const moment = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000)
    const session = await sessions.open()
    session.set<string>('n', 1)
    session.setExpiry(moment)
    await session.save()
    const text = localTime(moment.getTime())
    const said = await pair.django.do('read', { name: 'moment', key: session.id })
    t.is(said, `{'n': 1, '_session_expiry': '${text.replace(' ', 'T')}'}`)
    t.is((await sessions.open(session.id)).getExpiryDate().getTime(), moment.getTime())
    const [row] = await pair.query(
      `SELECT CAST(expire_date AS CHAR) AS said FROM django_session WHERE session_key = '${session.id}'`,
    )
    t.regex(String(row?.said), new RegExp(`^${text}(\\.0+)?$`))
  },
)
