import test from 'ava'
import { openSessions, type Session, UnsupportedValue } from '../../../src/lib/index.js'
import { ObjectView } from '../../../src/lib/session/object-view.js'
import { stateOf } from '../../../src/lib/session/session.js'

async function viewOfNew(nestedChanges: 'compare' | 'ignore' = 'compare'): Promise<[ObjectView, Session]> {
  const sessions = await openSessions({ engine: 'cache', nestedChanges })
  const session = await sessions.open()
  return [new ObjectView(session, [new Map([['m', 1]])], nestedChanges === 'ignore'), session]
}

test('an object view reads and writes the session’s own keys as properties', async (t) => {
  const [{ object }, session] = await viewOfNew()
  object.cart = ['apple']
  object.views = 1
  Object.assign(object, { more: { deep: true } })
  t.deepEqual([...session.keys()], ['cart', 'views', 'more'])
  t.deepEqual(Object.keys(object), ['cart', 'views', 'more'])
  t.deepEqual({ ...object }, { cart: ['apple'], views: 1, more: { deep: true } })
  t.is(JSON.stringify(object), '{"cart":["apple"],"views":1,"more":{"deep":true}}')
  t.true('cart' in object && Object.hasOwn(object, 'cart') && !('other' in object))
  delete object.cart
  object.views = undefined
  t.deepEqual([...session.keys()], ['more'])
  t.is(object.size, 1, 'a member, of what was handed over')
  object.size = 7
  t.is(object.size, 7, 'a key goes before a member')
})

test('an object view takes what JSON makes of a value, when it is set and when it was changed in place', async (t) => {
  const [view, session] = await viewOfNew()
  view.object.at = new Date(0)
  view.object.nothing = () => 1
  view.object.state = {}
  const state = view.object.state as Record<string, unknown>
  state.issued = new Date(0)
  state.gone = undefined
  view.settle()
  await session.save()
  t.deepEqual(Object.fromEntries(session), {
    at: '1970-01-01T00:00:00.000Z',
    state: { issued: '1970-01-01T00:00:00.000Z' },
  })
  const circular: Record<string, unknown> = {}
  circular.self = circular
  t.throws(() => Object.assign(view.object, { circular }), { instanceOf: UnsupportedValue })
})

test('an object view notices changes in place where the session is told to ignore them', async (t) => {
  const [view, session] = await viewOfNew('ignore')
  session.set('list', [1])
  await session.save()
  const list = view.object.list as number[]
  view.settle()
  t.false(session.modified)
  list.push(2)
  view.settle()
  t.true(session.modified)
})

test('an object view notices changes in place of what was set, before and after a save', async (t) => {
  for (const nestedChanges of ['compare', 'ignore'] as const) {
    const [view, session] = await viewOfNew(nestedChanges)
    const list: unknown[] = []
    view.object.list = list
    list.push(1)
    for (const each of [2, 3]) {
      view.settle()
      await session.save()
      list.push(each)
    }
    view.settle()
    stateOf(session).noticeNestedChanges()
    t.true(session.modified, nestedChanges)
    t.deepEqual(session.get<string>('list'), [1, 2, 3])
    list.push(new Date(0))
    view.settle()
    await session.save()
    t.is(Object(session.get<string>('list'))[3], '1970-01-01T00:00:00.000Z')
  }
})
