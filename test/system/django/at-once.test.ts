import test, { type ExecutionContext } from 'ava'
import { besideDjango, type Pair } from '../../support/django/pair.js'
import { djangoHasAsync } from '../../support/django/project.js'
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

const kept = 'and 30 of Tessera at once are all kept'

beside(`30 writes of Django with the merging engine ${kept}`, (t, pair) => writesOfBoth(t, pair, 'writes'))

/** 30 writes of each side. `command`: how Django is to write. */
async function writesOfBoth(t: ExecutionContext, pair: Pair, command: 'writes' | 'awrites'): Promise<void> {
  const key = await madeByDjango(pair)
  const [colleague] = colleagues
  await colleague.prepare(JSON.stringify(pair.settings), 'set', key, '0', '30')
  colleague.go()
  await Promise.all([colleague.until('done'), pair.django.do(command, { key, prefix: 'django', count: 30 })])
  const { data } = await pair.django.do<{ data: Record<string, number> }>('open', { name: 'read', key })
  t.is(Object.keys(data).length, 61)
  for (let n = 0; n < 30; n++) t.deepEqual([data[`key${n}`], data[`django${n}`]], [n, n])
}

/** What Koa, and another request of Django, write between Django's reading and its saving. */
async function written(t: ExecutionContext, pair: Pair, set: string, save: string): Promise<string> {
  const { django } = pair
  const values = "{'n': float('nan'), 'flag': 1, 'gone': 1, 'cart': {'a': [1]}}"
  await django.do('eval', { name: 'made', key: null, values })
  const key = await django.do<string>('save', { name: 'made' })
  for (const name of ['one', 'two']) await django.do('read', { name, key })
  const session = await (await pair.open(t)).open(key)
  session.set<string>('koa', 1)
  session.delete('gone')
  await session.save()
  await django.do(set, { name: 'one', values: { one: 1, flag: true } })
  await django.do(save, { name: 'one' })
  await django.do(set, { name: 'two', values: { two: 1 } })
  await django.do(save, { name: 'two' })
  return django.do('read', { name: 'read', key })
}

const MERGED = "{'n': nan, 'flag': True, 'cart': {'a': [1]}, 'koa': 1, 'one': 1, 'two': 1}"

beside(
  'what others write between reading and saving is kept by the merging engine, key by key',
  async (t, pair) => t.is(await written(t, pair, 'set', 'save'), MERGED),
)

if (djangoHasAsync) {
  beside(`30 writes of coroutines of Django 5.1 and later with the merging engine ${kept}`, (t, pair) =>
    writesOfBoth(t, pair, 'awrites'),
  )

  beside(
    'what others write between aload() and asave() of Django 5.1 and later is kept by the merging engine',
    async (t, pair) => t.is(await written(t, pair, 'aset', 'asave'), MERGED),
  )
} else
  test('Django before 5.1 saves no session in a coroutine, so asave() of the merging engine is not tried', (t) => {
    t.false(djangoHasAsync)
    t.log('DJANGO_PYTHON names a Python with another Django')
  })
