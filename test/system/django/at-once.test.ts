import test from 'ava'
import { besideDjango, type Pair } from '../../support/django/pair.js'
import { Colleague, together } from '../races/processes.js'

/** Django saves as `docs/django/merging_db.py` does. */
const beside = besideDjango({ env: { SESSION_ENGINE: 'merging_db' } })

const colleagues = [new Colleague(), new Colleague()] as const
test.after.always(() => Promise.all(colleagues.map((one) => one.stop())))

async function madeByDjango({ django }: Pair): Promise<string> {
  await django.do('set', { name: 'made', key: null, values: { n: 0 } })
  return django.do('save', { name: 'made' })
}

beside(
  'two processes that each set 50 keys at once, and count to 100 together, lose nothing',
  async (t, pair) => {
    const where = JSON.stringify(pair.settings)
    const key = await madeByDjango(pair)
    await together(colleagues, where, ['set', key, '0', '50'], ['set', key, '50', '50'])
    await together(colleagues, where, ['increment', key, '50'], ['increment', key, '50'])
    const { data } = await pair.django.do<{ data: Record<string, number> }>('open', { name: 'read', key })
    const keys = Array.from({ length: 100 }, (_, n) => [`key${n}`, n] as const)
    t.deepEqual(data, { n: 100, ...Object.fromEntries(keys) })
  },
)

beside(
  '30 writes of Django with the merging engine and 30 of Tessera at once are all kept',
  async (t, pair) => {
    const key = await madeByDjango(pair)
    const [colleague] = colleagues
    await colleague.prepare(JSON.stringify(pair.settings), 'set', key, '0', '30')
    colleague.go()
    await Promise.all([
      colleague.until('done'),
      pair.django.do('writes', { key, prefix: 'django', count: 30 }),
    ])
    const { data } = await pair.django.do<{ data: Record<string, number> }>('open', { name: 'read', key })
    t.is(Object.keys(data).length, 61)
    for (let n = 0; n < 30; n++) t.deepEqual([data[`key${n}`], data[`django${n}`]], [n, n])
  },
)
