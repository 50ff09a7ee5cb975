import test from 'ava'
import { copyOf, isSameJson } from '../../../src/lib/codecs/json-copy.js'

const TEXTS = [
  '{"a":1,"b":[true,null,"c",{"d":[[]]}],"":{}}',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":1}}',
  '[{"0":1},[1]]',
  '["a",-1.5e+300,0]',
]

test('a copy is written as the same JSON, shares no object with what it was made of, and pollutes none', (t) => {
  for (const text of TEXTS) {
    const value = JSON.parse(text)
    const copy = copyOf(value)
    t.is(JSON.stringify(copy), text)
    t.true(isSameJson(copy, value))
    t.false(shareAny(copy, value), text)
  }
  t.is(Object('').polluted, undefined)
})

test('two values are the same where their JSON is, the order of keys included', (t) => {
  const values = [
    ...TEXTS,
    '{"b":1,"a":1}',
    '{"a":1,"b":1}',
    '{"a":1,"b":null}',
    '{"a":1}',
    '{"a":[]}',
    '{"a":{}}',
  ]
  for (const one of [...values, '[]', '{}', 'null', '0', '""', '[null]', '[0]', '["0"]']) {
    for (const other of values)
      t.is(isSameJson(JSON.parse(one), JSON.parse(other)), one === other, `${one} ${other}`)
  }
})

test('what JSON does not hold makes a value another one', (t) => {
  const made: readonly ((value: { a: object; list: unknown[] }) => unknown)[] = [
    (value) => Object.assign(value.a, { [Symbol('s')]: 1 }),
    (value) => Object.defineProperty(value.a, 'hidden', { value: 1 }),
    (value) => Object.assign(value, { a: new Map([[1, 2]]) }),
    (value) => Object.assign(value.list, { name: 1 }),
    (value) => Object.assign(value.list, { [Symbol('s')]: 1 }),
    (value) => delete value.list[0],
    (value) => Object.setPrototypeOf(value.a, Date.prototype),
    (value) => Object.assign(value.a, { toJSON: () => ({}) }),
  ]
  for (const change of made) {
    const value = { a: {}, list: [1, 2] }
    const before = copyOf(value)
    t.true(isSameJson(value, before))
    change(value)
    t.false(isSameJson(value, before), String(change))
  }
})

test('what contains itself is refused at once, however often it does', (t) => {
  const circle: Record<string, unknown> = {}
  Object.assign(circle, { one: circle, other: [circle, circle] })
  t.throws(() => copyOf(circle), { instanceOf: TypeError, message: /contains itself/ })
})

function shareAny(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return false
  if (one === other) return true
  return Object.keys(one).some((name) => shareAny(Reflect.get(one, name), Reflect.get(other, name)))
}
