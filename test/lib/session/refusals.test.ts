import { runInNewContext } from 'node:vm'
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
class Stack extends Array<number> {}

const bare = (members: object): object => Object.assign(Object.create(null), members)
const hidden = (object: object, name: string, value: unknown): object =>
  Object.defineProperty(object, name, { value })
function argumentsOf(..._: readonly unknown[]): unknown {
  // biome-ignore lint/complexity/noArguments: it is what is tested
  return arguments
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
  [
    'an inherited toJSON',
    Object.create(bare({ toJSON: () => 1 })),
    'cart: it is a class instance; use a plain object or an array',
  ],
  [
    'what is inherited from a bare object',
    Object.create(bare({ a: 1 })),
    'cart: it is a class instance; use a plain object or an array',
  ],
  [
    'a toJSON that is not enumerable',
    [hidden({ a: 1 }, 'toJSON', () => 1)],
    'cart[0]: it is an object with toJSON(); set what that answers',
  ],
  [
    'one of an array',
    hidden([1], 'toJSON', () => 1),
    'cart: it is an object with toJSON(); set what that answers',
  ],
  [
    'one that a getter answers',
    Object.defineProperty({}, 'toJSON', { get: () => () => 1 }),
    'cart: it is an object with toJSON(); set what that answers',
  ],
  ['an array of a class of its own', new Stack(1, 2), 'cart: it is a Stack; use a plain object or an array'],
  [
    'a symbol as a key',
    { a: { [Symbol('s')]: 1 } },
    'cart.a: it is an object with a symbol as a key; use a text',
  ],
  [
    'a symbol as a key of an array',
    Object.assign([1], { [Symbol('s')]: 1 }),
    'cart.Symbol(s): it is a property of an array; use a plain object',
  ],
  [
    'a property of an array',
    [/b/.exec('abc')],
    'cart[0].index: it is a property of an array; use a plain object',
  ],
  [
    'a property that is not enumerable',
    hidden({}, 'secret', 1),
    'cart.secret: it is not enumerable; JSON leaves it out',
  ],
  [
    'a getter',
    {
      lines: [],
      get total() {
        return 1
      },
    },
    'cart.total: it is a getter; set what it answers',
  ],
  ['the arguments of a function', argumentsOf(1, 2), 'cart.length: it is not enumerable; JSON leaves it out'],
  ['a boxed string', { name: Object('Ada') }, 'cart.name: it is a String; use a plain object or an array'],
  ['a boxed bigint', Object(1n), 'cart: it is a BigInt; use a plain object or an array'],
  ['a Set', [new Set()], 'cart[0]: it is a Set; use a plain object or an array'],
  ['a Buffer', Buffer.from('a'), 'cart: it is a Buffer; use a plain object or an array'],
  ['a URL', new URL('https://a.example'), 'cart: it is a URL; use a plain object or an array'],
  ['an Error', new TypeError('no'), 'cart: it is a TypeError; use a plain object or an array'],
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

test('W32 JSON.rawJSON, where there is one, is refused', (t) => {
  const rawJson: unknown = Reflect.get(JSON, 'rawJSON')
  if (typeof rawJson !== 'function') return t.pass()
  t.throws(() => assertJson('cart', rawJson('12345678901234567890')), { instanceOf: UnsupportedValue })
})

test('W32 what a polluted prototype answers is not stored in place of the value', (t) => {
  for (const prototype of [Object.prototype, Array.prototype]) {
    Object.defineProperty(prototype, 'toJSON', { value: () => 'polluted', configurable: true })
    try {
      t.throws(() => assertJson('cart', [{}]), { instanceOf: UnsupportedValue })
    } finally {
      Reflect.deleteProperty(prototype, 'toJSON')
    }
  }
})

test('W32 what only looks like one of these is held', (t) => {
  const realm = runInNewContext('({ list: [1, { a: [null] }] })')
  const held = [
    { toJSON: 'a text' },
    bare({ a: 1 }),
    realm,
    Object.freeze([1]),
    JSON.parse('{"__proto__":{"a":1}}'),
  ]
  for (const value of held) t.notThrows(() => assertJson('cart', value))
  Object.defineProperty(Array.prototype, 'polyfill', { value: 1, enumerable: true, configurable: true })
  try {
    t.notThrows(() => assertJson('cart', [1, [2]]))
  } finally {
    Reflect.deleteProperty(Array.prototype, 'polyfill')
  }
})

test('W32 a key that is no text is refused', (t) => {
  for (const key of [1, Symbol('s'), null, undefined, {}]) {
    t.throws(() => assertJson(key as string, 1), {
      instanceOf: UnsupportedValue,
      message: `a session's keys are texts, not ${typeof key}`,
    })
  }
})

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
