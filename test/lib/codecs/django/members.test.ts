import test from 'ava'
import fc from 'fast-check'
import { dataIn, mergeMembers, textOf } from '../../../../src/lib/codecs/django/members.js'
import { membersOf } from '../../../../src/lib/codecs/django/scanner.js'
import type { JsonObject, JsonValue } from '../../../../src/lib/codecs/record.js'
import { holds } from '../../../system/properties/runs.js'

/** How a serializer puts its tokens together. Django's is the first. */
interface Style {
  readonly comma: string
  readonly colon: string
  readonly isAscii: boolean
}

/** JSON as a text in any style. */
type Written = (style: Style) => string

const DJANGO: Style = { comma: ',', colon: ':', isAscii: true }
const blank = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 })
const styles: fc.Arbitrary<Style> = fc.oneof(
  fc.constant(DJANGO),
  fc.constant({ comma: ', ', colon: ': ', isAscii: true }),
  fc
    .tuple(blank, blank, blank, blank)
    .map(([a, b, c, d]) => ({ comma: `${a},${b}`, colon: `${c}:${d}`, isAscii: false })),
)

const characters = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '__proto__',
    '1',
    '',
    '"',
    '\\',
    '\\"',
    '{',
    '}],[',
    ',',
    ':',
    'NaN',
    '\ud800',
    '\u007f\u2028',
  ),
)
const string: fc.Arbitrary<Written> = characters.map((text) => (style) => {
  const json = JSON.stringify(text)
  // As Python writes it. The table holds latin-1.
  const escaped = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`
  return json.replace(style.isAscii ? /[\u007f-\uffff]/g : /[\u0100-\uffff]/g, escaped)
})
const scalar: fc.Arbitrary<Written> = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    fc.constantFrom('null', 'true', 'false', '1.0', '-0', '-0.0', '1e+16', '1E5', '1e-07', '1.50'),
  )
  .map((text) => () => text)
const foreign: fc.Arbitrary<Written> = fc
  .constantFrom('NaN', 'Infinity', '-Infinity', '1'.repeat(400))
  .map((text) => () => text)

function valuesWith(leaf: fc.Arbitrary<Written>) {
  return fc.letrec<{ value: Written; list: Written; object: Written }>((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, leaf, string, tie('list'), tie('object')),
    list: fc
      .array(tie('value'), { maxLength: 4 })
      .map((items) => (style) => `[${items.map((item) => item(style)).join(style.comma)}]`),
    object: fc
      .array(fc.tuple(string, tie('value')), { maxLength: 4 })
      .map(
        (items) => (style) =>
          `{${items.map(([key, value]) => `${key(style)}${style.colon}${value(style)}`).join(style.comma)}}`,
      ),
  }))
}

const json = valuesWith(scalar)
const python = valuesWith(fc.oneof(scalar, foreign))

/** Its members by their keys; a key that comes twice, as often. */
const dict = fc.array(fc.tuple(string, python.value), { maxLength: 6 })

test('the members of any JSON object say what JSON.parse says, however it is written', async (t) => {
  await holds(
    fc.property(json.object, styles, blank, (object, style, around) => {
      const text = `${around}${object(style)}${around}`
      const members = membersOf(text)
      t.deepEqual(members && dataIn(members), JSON.parse(text))
    }),
    300,
  )
  t.pass()
})

test('what is no JSON object has no members', async (t) => {
  await holds(
    fc.property(
      json.value,
      styles,
      fc.nat(),
      fc.constantFrom('', '{', '}', '"', ',', ':', 'x'),
      (value, style, at, bit) => {
        // A bit that was put in or bitten off makes most texts none.
        const whole = value(style)
        const place = at % (whole.length + 1)
        const text = whole.slice(0, place) + bit + whole.slice(bit === '' ? place + 1 : place)
        const members = membersOf(text)
        const isObject = textOf(members ?? new Map()) !== '{}' || /^\s*\{\s*\}\s*$/.test(text)
        const parsed = parsedOf(text)
        if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) t.true(isObject)
        else if (typeof parsed !== 'undefined') t.is(members, undefined)
      },
    ),
    500,
  )
  for (const text of [
    '',
    ' ',
    '[]',
    '"{}"',
    '{',
    '{"a"',
    '{"a":',
    '{"a":}',
    '{"a":1',
    '{"a":1,}',
    '{"a":1}}',
    '{a:1}',
    '{"a":"}',
    'null',
  ])
    t.is(membersOf(text), undefined, text)
})

function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

test('what Django wrote is cut into members and joined again word for word, whatever is set beside it', async (t) => {
  await holds(
    fc.property(dict, characters, json.value, (entries, added, value) => {
      const written = entries.map(([key, member]) => [key(DJANGO), member(DJANGO)] as const)
      // As Python's dict: the first place, the last value.
      const joined = (rows: Iterable<readonly [string, string]>): string =>
        `{${[...rows].map((row) => row.join(':')).join(',')}}`
      const members = membersOf(joined(written)) ?? new Map()
      t.is(textOf(members), joined(new Map(written)))
      const data: JsonObject = { ...dataIn(members) }
      const more = JSON.parse(value(DJANGO)) as JsonValue
      Object.defineProperty(data, added, {
        value: more,
        enumerable: true,
        writable: true,
        configurable: true,
      })
      const after = mergeMembers(members, data, new Set([added]))
      for (const [key, raw] of members) if (key !== added) t.is(after.get(key), raw)
      t.deepEqual(JSON.parse(after.get(added) ?? ''), JSON.parse(JSON.stringify(more)))
      const kept = [...members.keys()]
      t.deepEqual([...after.keys()].slice(0, kept.length), kept)
    }),
    300,
  )
  t.pass()
})

test('what is changed inside a value is written, and all around it keeps its text', async (t) => {
  await holds(
    fc.property(
      json.object,
      json.value,
      fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (object, value, path, isRemoved) => {
        const members = membersOf(object(DJANGO)) ?? new Map()
        const data = dataIn(members)
        const more = JSON.parse(value(DJANGO)) as JsonValue
        const before = JSON.stringify(data)
        change(data, path, isRemoved ? undefined : more)
        const text = textOf(mergeMembers(members, data))
        // A minus before a zero is kept too, which JSON.stringify leaves out.
        t.deepEqual(copied(JSON.parse(text)), copied(data))
        if (JSON.stringify(data) === before) t.is(text, textOf(members))
      },
    ),
    300,
  )
  const cases = [
    [
      '{"n":1,"p":1.0,"in":{"big":12345678901234567890,"x":1E5}}',
      { n: 2, p: 1, in: { big: Number('12345678901234567890'), x: 3 } },
    ],
    ['[1.0,{"id":9007199254740993,"q":1},2.0]', [1, { id: 2 ** 53, q: 2 }, 2]],
    ['[1.0,2.0,3.0,[4.0]]', [1, 3, [4]]],
    ['[1.0,2.0]', [0, 1, 2, 3]],
    ['{"a":1.0}', [1]],
    ['[1.0]', { 0: 1 }],
  ] as const
  const texts = cases.map(([raw, value]) =>
    mergeMembers(new Map([['k', raw]]), { k: value as unknown as JsonValue }).get('k'),
  )
  t.deepEqual(texts, [
    '{"n":2,"p":1.0,"in":{"big":12345678901234567890,"x":3}}',
    '[1.0,{"id":9007199254740993,"q":2},2.0]',
    '[1.0,3.0,[4.0]]',
    '[0,1,2,3]',
    '[1]',
    '{"0":1}',
  ])
})

function copied(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

/** Follows the path as far as it goes, and puts the value there; `undefined`: takes what is there away. */
function change(
  at: JsonObject | JsonValue[],
  [step = 0, ...rest]: readonly number[],
  value: JsonValue | undefined,
): void {
  const keys = Object.keys(at)
  const key = keys[step % Math.max(1, keys.length)] ?? 'new'
  const inner = (at as JsonObject)[key]
  if (typeof inner === 'object' && inner !== null && rest.length > 0) change(inner, rest, value)
  else if (Array.isArray(at)) at.splice(Number(key) || 0, 1, ...(value === undefined ? [] : [value]))
  else if (value === undefined) delete at[key]
  else Object.defineProperty(at, key, { value, enumerable: true, writable: true, configurable: true })
}

/** As bad as they can be: many members, deep ones, long strings, and strings of nothing but escapes. */
const shapes: Readonly<Record<string, (length: number) => string>> = {
  'many members': (length) =>
    `{${Array.from({ length: length / 10 }, (_, n) => `"${n % 99999}":[1]`).join(',')}}`,
  'a deep member': (length) => `{"a":${'['.repeat(length / 2)}${']'.repeat(length / 2)}}`,
  'a long string': (length) => `{"a":"${'x'.repeat(length)}"}`,
  escapes: (length) => `{"a":"${'\\"'.repeat(length / 2)}"}`,
  blanks: (length) => `{${' '.repeat(length)}"a":1}`,
  'a string that nothing ends': (length) => `{"a":"${'\\\\'.repeat(length / 2)}`,
}

test('a text of 15 MB is cut with ten times the steps that one of 1.5 MB takes', (t) => {
  for (const [title, make] of Object.entries(shapes)) {
    const read = (length: number): number => charactersRead(() => membersOf(make(length)))
    const [few, many] = [read(1_500_000), read(15_000_000)]
    t.true(few >= 700_000, `${title}: ${few} characters were looked at`)
    t.true(many <= few * 11, `${title}: ${few} characters were looked at in 1.5 MB, ${many} in 15 MB`)
  }
})

/** How many characters are looked at while `work` is done: by each search those from where it begins to what it finds. */
function charactersRead(work: () => unknown): number {
  const { exec } = RegExp.prototype
  let read = 0
  RegExp.prototype.exec = function (text: string) {
    const from = this.lastIndex
    const found = exec.call(this, text)
    read += (found?.index ?? text.length) - from + 1
    return found
  }
  try {
    work()
  } finally {
    RegExp.prototype.exec = exec
  }
  return read
}
