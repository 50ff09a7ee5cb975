import { stripVTControlCharacters } from 'node:util'
import type { Paint } from '../../src/lib/commands/terminal.js'
import { digest, type GivenCookie, givenCookies, sentCookies } from '../../src/site/inspector/cookies.js'
import type { StoredRecord } from '../../src/site/inspector/stored-record.js'
import type { Wire } from './jar-browser.js'

/** What is told during a scene. */
export type Event =
  | { readonly kind: 'scene'; readonly slug: string; readonly title: string }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'exchange'; readonly wire: Wire; readonly records: readonly StoredRecord[] }
  | { readonly kind: 'later'; readonly seconds: number }
  | { readonly kind: 'check'; readonly text: string; readonly ok: boolean; readonly instead?: string }

/** The columns of a line where nobody looks, and the most and the least of one on a terminal. */
const WIDTH = 80
const WIDEST = 104
const NARROWEST = 60

/** Turns events into text. Of sessions' cookies and tokens only a hash is printed. */
export class Printer {
  readonly #paint: Paint
  /** What was printed last of each record: after a request that changed nothing it is not printed again. */
  readonly #printed = new Map<string, string>()

  /** A line longer than this is broken. */
  readonly #width: number

  /** `columns`: those of the terminal, if there is one. */
  constructor(paint: Paint, columns: number = WIDTH) {
    this.#paint = paint
    this.#width = Math.min(WIDEST, Math.max(NARROWEST, columns))
  }

  /** The event as lines for people. */
  linesFor(event: Event): string {
    const paint = this.#paint
    switch (event.kind) {
      case 'scene':
        this.#printed.clear()
        return `\n\n${paint(['bold', 'red'], '▗▞')} ${paint('bold', event.title)}\n`
      case 'say':
        return `\n${this.#broken('  ', event.text.split(' '))}`
      case 'later':
        return `    ${paint('yellow', `… ${event.seconds} ${event.seconds === 1 ? 'second' : 'seconds'} later`)}\n`
      case 'check':
        return this.#check(event)
      case 'exchange':
        return this.#exchange(event.wire) + event.records.map((record) => this.#stored(record)).join('')
    }
  }

  /** The event as one line of JSON. */
  jsonFor(event: Event): string {
    if (event.kind !== 'exchange') return JSON.stringify(event)
    const { cookie, setCookie, ...wire } = event.wire
    const [cookies, setCookies] = [sentCookies(cookie), givenCookies(setCookie)]
    return JSON.stringify({ kind: event.kind, ...wire, cookies, setCookies, records: event.records })
  }

  #broken(head: string, parts: readonly string[]): string {
    return broken(head, parts, this.#width)
  }

  #check({ text, ok, instead }: Extract<Event, { kind: 'check' }>): string {
    const paint = this.#paint
    const mark = ok ? paint('green', '✓') : paint('red', '✗')
    const line = this.#broken(`    ${mark} `, shortened(text, 200).split(' '))
    return (
      line + (instead === undefined ? '' : this.#broken('      but: ', shortened(instead, 200).split(' ')))
    )
  }

  #exchange({ method, path, fields, cookie, status, location, setCookie }: Wire): string {
    const paint = this.#paint
    const form = Object.entries(fields).map(([name, value]) => `${name}=${shortened(value)}`)
    const sent = sentCookies(cookie).map(({ name, value }) => `${name}=${shortened(value)}`)
    return [
      this.#broken(`    ${paint('cyan', '→')} `, [paint('bold', `${method} ${path}`), ...form]),
      sent.length === 0 ? '' : this.#broken(`      ${paint('dim', 'Cookie')}     `, separated(sent)),
      this.#broken(`    ${paint('cyan', '←')} `, [
        String(status),
        ...(location === undefined ? [] : [`to ${location}`]),
      ]),
      ...givenCookies(setCookie).map((given) => this.#setCookie(given)),
    ].join('')
  }

  #setCookie({ name, value, isRemoval, attributes }: GivenCookie): string {
    const paint = this.#paint
    const what = isRemoval ? paint('yellow', `${name} removed`) : `${name}=${shortened(value)}`
    // Max-Age says the same, and takes precedence.
    const rest = attributes.map(({ text }) => text).filter((text) => !/^expires=/i.test(text))
    const [first = '', ...more] = separated([what, ...rest])
    return this.#broken(`      ${paint('dim', 'Set-Cookie')} `, [
      first,
      ...more.map((text) => paint('dim', text)),
    ])
  }

  #stored({ cookieName, engine, key, id, version, data, expires, user }: StoredRecord): string {
    const paint = this.#paint
    const head = `${engine} ${key ?? id} v${version}${user ? ` of ${shortened(user.id, 40)}` : ''}`
    const compact = JSON.stringify(JSON.parse(data))
    if (this.#printed.get(cookieName) === head + compact) return ''
    this.#printed.set(cookieName, head + compact)
    return this.#broken(`      ${paint('dim', 'stored')}     `, [
      paint('magenta', head),
      shortened(compact, 80),
      paint('dim', `until ${expires.toISOString().slice(0, 19)}Z`),
    ])
  }
}

/** The parts in one line of `width`, or broken between parts and indented below the first. */
function broken(head: string, parts: readonly string[], width: number): string {
  const indent = ' '.repeat(widthOf(head))
  const room = width - indent.length
  let text = head
  let used = 0
  for (const piece of parts.flatMap((part) => piecesOf(part, room))) {
    const needed = widthOf(piece)
    const isFirst = used === 0
    const fits = isFirst || used + 1 + needed <= room
    text += fits ? `${isFirst ? '' : ' '}${piece}` : `\n${indent}${piece}`
    used = fits ? used + needed + (isFirst ? 0 : 1) : needed
  }
  return `${text.trimEnd()}\n`
}

/** The part, cut into as many as a line has no room for. Each keeps the colour of the whole. */
function piecesOf(part: string, room: number): readonly string[] {
  if (widthOf(part) <= room) return [part]
  const plain = stripVTControlCharacters(part)
  const begin = part.indexOf(plain)
  const [before, after] = begin === -1 ? ['', ''] : [part.slice(0, begin), part.slice(begin + plain.length)]
  return (plain.match(new RegExp(`.{1,${room}}`, 'gsu')) ?? []).map((piece) => before + piece + after)
}

/** Separated as in a `Cookie` header. */
const separated = (parts: readonly string[]): string[] =>
  parts.map((part, at) => (at < parts.length - 1 ? `${part};` : part))

const widthOf = (text: string): number => stripVTControlCharacters(text).length

function shortened(text: string, most = 60): string {
  return text.length <= most ? text : `${text.slice(0, most - 12)}… ${digest(text).slice(0, 9)}`
}
