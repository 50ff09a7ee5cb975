import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import test from 'ava'
import fc from 'fast-check'
import Koa from 'koa'
import { isId } from '../../../src/lib/engines/ids.js'
import { readCookie, readCookies } from '../../../src/lib/middleware/cookie.js'
import { redactCookie } from '../../../src/lib/middleware/redact-cookies.js'
import { holds } from './runs.js'
import { takesLinearTime } from './time.js'

const NAME = 'sessionid'

/** Anything at all, and more often what looks like a `Cookie` header. */
const header = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(NAME, '=', ';', '"', ' ', '\t', ',', 'x', '__proto__', '\u2028', '\xa0', '\0', '%22'),
    )
    .map((parts) => parts.join('')),
)

test.serial('R31 reading a cookie never throws, whatever the header', async (t) => {
  const property = fc.property(header, fc.constantFrom(NAME, '__proto__', '', '=', ';'), (sent, name) => {
    const value = readCookie(sent, name)
    if (value === undefined) return true
    // Within quotes blanks are a part of the value.
    const mayHaveBlanks = sent.includes(`"${value}"`)
    return sent.includes(value) && !value.includes(';') && (mayHaveBlanks || !/^[ \t]|[ \t]$/.test(value))
  })
  await t.notThrowsAsync(holds(property, 2000))
})

test.serial(
  'R31 of pairs as browsers send them the last one of the name counts, without its quotes',
  async (t) => {
    const name = fc.constantFrom(NAME, `${NAME}2`, `my${NAME}`, NAME.toUpperCase(), '__proto__')
    const value = fc.stringMatching(/^[!#-+\--:<-[\]-~]*$/)
    const pairs = fc.array(fc.record({ name, value, quoted: fc.boolean() }))
    const property = fc.property(pairs, (all) => {
      const text = all.map(({ name, value, quoted }) => `${name}=${quoted ? `"${value}"` : value}`).join('; ')
      return readCookie(text, NAME) === all.findLast(({ name }) => name === NAME)?.value
    })
    await t.notThrowsAsync(holds(property, 1000))
  },
)

test.serial('S04 an id is 32 characters of a-z0-9 and nothing else', async (t) => {
  const almost = fc
    .array(fc.constantFrom('a', 'z', '0', '9', 'A', '-', '\n', '\0', 'é', '\u{1f36a}'), {
      minLength: 31,
      maxLength: 33,
      size: 'max',
    })
    .map((characters) => characters.join(''))
  const wellFormed = fc.array(fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789'), {
    minLength: 32,
    maxLength: 32,
  })
  const text = fc.oneof(
    almost,
    fc.string({ unit: 'binary' }),
    wellFormed.map((characters) => characters.join('')),
    wellFormed.map((characters) => `${characters.join('')}\n`),
  )
  const property = fc.property(text, (id) => {
    const characters = [...id]
    const isOne =
      characters.length === 32 &&
      characters.every((one) => (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9'))
    return isId(id) === isOne
  })
  await t.notThrowsAsync(holds(property, 2000))
})

const req = new IncomingMessage(new Socket())

const worst: readonly [string, (length: number) => string][] = [
  ['quotes', (length) => `${NAME}=${'"'.repeat(length)}`],
  ['a quote that is never closed', (length) => `${NAME}="${'x'.repeat(length)}`],
  ['lines within quotes', (length) => `${NAME}="${'\u2028'.repeat(length)}"`],
  ['blanks', (length) => `${NAME}=${' '.repeat(length)}x`],
  ['blanks before the name', (length) => `${' '.repeat(length)}${NAME}=x`],
  ['semicolons', (length) => NAME + ';'.repeat(length)],
  ['semicolons and one equals sign', (length) => `${';'.repeat(length)}${NAME}=x`],
  ['letters', (length) => NAME + 'a'.repeat(length)],
  ['spaces between letters', (length) => `${NAME}=a${' a'.repeat(length / 2)}`],
  ['tabs before an equals sign', (length) => `${NAME}${'\t'.repeat(length)}=x`],
  ['equals signs', (length) => NAME + '='.repeat(length)],
  ['the cookie again and again', (length) => `${NAME}="x";`.repeat(length / 14)],
  ['half a name again and again', (length) => NAME.slice(0, -1).repeat(length / 8)],
]
for (const [title, input] of worst) {
  test.serial(`R31 a Cookie header full of ${title} is read in bounded time`, (t) => {
    takesLinearTime(t, 'readCookie', input, (sent) => readCookie(sent, NAME))
  })

  test.serial(`R31 a request with a Cookie header full of ${title} is shown in bounded time`, (t) => {
    const app = new Koa()
    redactCookie(app, NAME, () => 'hidden')
    const { request } = app.createContext(req, new ServerResponse(req))
    takesLinearTime(t, 'toJSON', input, (sent) => {
      req.headers.cookie = sent
      return request.toJSON()
    })
  })
}

test.serial('only spaces and tabs around a name or a value are not part of it (RFC 6265, 5.2)', (t) => {
  for (let code = 0; code <= 0xff; code++) {
    const character = String.fromCharCode(code)
    const isBlank = character === ' ' || character === '\t'
    if (character === ';' || character === '=') continue
    const named = [
      ...readCookies(`a=1; ${character}${NAME}=x`, NAME),
      ...readCookies(`${NAME}${character}=x`, NAME),
    ]
    t.deepEqual(named, isBlank ? ['x', 'x'] : [], `character ${code} beside the name`)
    const value = `${character}x${character}`
    if (character === '"') continue
    t.deepEqual(
      readCookies(`${NAME}=${value}; a=1`, NAME),
      [isBlank ? 'x' : value],
      `character ${code} beside the value`,
    )
  }
})

test.serial('R31 whether a text is an id is told in bounded time', (t) => {
  takesLinearTime(
    t,
    'isId',
    (length) => 'a'.repeat(length),
    (text) => isId(text),
  )
})
