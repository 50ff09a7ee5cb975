import test from 'ava'
import {
  SessionContended,
  SessionInterrupted,
  SessionTooLate,
  UnsupportedValue,
} from '../../../src/lib/session/errors.js'
import { assertJson } from '../../../src/lib/session/record.js'

class Money {
  readonly cents = 1
}
const nameless = Object.create({ constructor: undefined, inherited: 1 })
const circular: Record<string, unknown> = {}
circular.list = [circular]

/** The value under `cart`, and all that the refusal says after "the session cannot hold". */
const refusals: readonly [string, unknown, string][] = [
  ['undefined', undefined, 'cart: it is undefined; leave it out, or use null'],
  ['a bigint', [1n], 'cart[0]: it is a bigint; use a number or a string'],
  ['NaN', { n: Number.NaN }, 'cart.n: it is NaN; use null or a string'],
  ['Infinity', Number.NEGATIVE_INFINITY, 'cart: it is -Infinity; use null or a string'],
  ['a function', { f: () => {} }, 'cart.f: it is a function; sessions hold data'],
  ['a symbol', Symbol('s'), 'cart: it is a symbol; sessions hold data'],
  ['a Date', [[new Date(0)]], 'cart[0][0]: it is a Date; use its toISOString()'],
  ['an instance of a class', { m: new Money() }, 'cart.m: it is a Money; use a plain object or an array'],
  ['one whose class has no name', nameless, 'cart: it is a class instance; use a plain object or an array'],
  ['a Map', new Map(), 'cart: it is a Map; use a plain object or an array'],
  ['itself', circular, 'cart.list[0]: it is circular; refer to it by an id'],
  ['a hole in a list', new Array(1), 'cart[0]: it is undefined; leave it out, or use null'],
]
for (const [title, value, said] of refusals) {
  test(`W32 ${title}: the refusal says where, what, and what would be right`, (t) => {
    t.throws(() => assertJson('cart', value), {
      instanceOf: UnsupportedValue,
      message: `the session cannot hold ${said}`,
    })
  })
}

/** A list within a list, so many lists in all. */
const nested = (depth: number): unknown => (depth === 1 ? [] : [nested(depth - 1)])

test('W32 what is nested 200 deep is held, and deeper is refused', (t) => {
  t.notThrows(() => assertJson('list', nested(200)))
  t.throws(() => assertJson('list', nested(201)), {
    instanceOf: UnsupportedValue,
    message: `the session cannot hold list${'[0]'.repeat(200)}: it is nested more than 200 deep; flatten it`,
  })
})

test('one value in two places is not circular', (t) => {
  const shared = { a: 1 }
  t.notThrows(() => assertJson('cart', { first: shared, second: [shared, shared] }))
})

test('the errors of sessions bear their name, their code and what they are answered with', (t) => {
  t.like(new SessionInterrupted(), {
    name: 'SessionInterrupted',
    code: 'E_SESSION_INTERRUPTED',
    status: 400,
    expose: true,
  })
  t.regex(
    new SessionInterrupted().message,
    /^The session ended before the request completed: .+ Nothing was saved\.$/,
  )
  const contended = new SessionContended()
  t.like(contended, { name: 'SessionContended', code: 'E_SESSION_CONTENDED', status: 503, expose: true })
  t.deepEqual(contended.headers, { 'Retry-After': '1' })
  t.regex(contended.message, /Nothing was saved; try again\.$/)
  t.like(new SessionTooLate(), { name: 'SessionTooLate', code: 'E_SESSION_TOO_LATE' })
  t.regex(
    new SessionTooLate().message,
    /^The session was changed, .+`await session\.save\(\)` before its first byte\.$/,
  )
  t.like(new UnsupportedValue('no'), { name: 'UnsupportedValue', code: 'E_UNSUPPORTED_VALUE', message: 'no' })
})
