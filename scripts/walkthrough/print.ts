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

/** The most columns of a line; a longer one is broken between two words. */
const WIDTH = 104

/** Turns events into text. Of sessions' cookies and tokens only a hash is printed. */
export class Printer {
  readonly #paint: Paint
  /** What was printed last of each record: after a request that changed nothing it is not printed again. */
  readonly #printed = new Map<string, string>()

  constructor(paint: Paint) {
    this.#paint = paint
  }

  /** The event as lines for people. */
  linesFor(event: Event): string {
    const paint = this.#paint
    switch (event.kind) {
      case 'scene':
        this.#printed.clear()
        return `\n\n${paint(['bold', 'red'], '▗▞')} ${paint('bold', event.title)}\n`
      case 'say':
        return `\n${broken('  ', event.text.split(' '))}`
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

  #check({ text, ok, instead }: Extract<Event, { kind: 'check' }>): string {
    const paint = this.#paint
    const mark = ok ? paint('green', '✓') : paint('red', '✗')
    const line = broken(`    ${mark} `, shortened(text, 200).split(' '))
    return line + (instead === undefined ? '' : broken('      but: ', shortened(instead, 200).split(' ')))
  }

  #exchange({ method, path, fields, cookie, status, location, setCookie }: Wire): string {
    const paint = this.#paint
    const form = Object.entries(fields).map(([name, value]) => `${name}=${shortened(value)}`)
    const sent = sentCookies(cookie).map(({ name, value }) => `${name}=${shortened(value)}`)
    return [
      broken(`    ${paint('cyan', '→')} ${paint('bold', `${method} ${path}`)} `, form),
      sent.length === 0 ? '' : broken(`      ${paint('dim', 'Cookie')}     `, separated(sent)),
      `    ${paint('cyan', '←')} ${status}${location === undefined ? '' : ` to ${location}`}\n`,
      ...givenCookies(setCookie).map((given) => this.#setCookie(given)),
    ].join('')
  }

  #setCookie({ name, value, isRemoval, attributes }: GivenCookie): string {
    const paint = this.#paint
    const what = isRemoval ? paint('yellow', `${name} removed`) : `${name}=${shortened(value)}`
    // Max-Age says the same, and takes precedence.
    const rest = attributes.map(({ text }) => text).filter((text) => !/^expires=/i.test(text))
    const [first = '', ...more] = separated([what, ...rest])
    return broken(`      ${paint('dim', 'Set-Cookie')} `, [first, ...more.map((text) => paint('dim', text))])
  }

  #stored({ cookieName, engine, key, id, version, data, expires, user }: StoredRecord): string {
    const paint = this.#paint
    const head = `${engine} ${key ?? id} v${version}${user ? ` of ${shortened(user.id, 40)}` : ''}`
    const compact = JSON.stringify(JSON.parse(data))
    if (this.#printed.get(cookieName) === head + compact) return ''
    this.#printed.set(cookieName, head + compact)
    return broken(`      ${paint('dim', 'stored')}     `, [
      paint('magenta', head),
      shortened(compact, 80),
      paint('dim', `until ${expires.toISOString().slice(0, 19)}Z`),
    ])
  }
}

/** The parts in one line, or broken between parts and indented below the first. */
function broken(head: string, parts: readonly string[]): string {
  const indent = ' '.repeat(widthOf(head))
  let text = head
  let width = widthOf(head)
  parts.forEach((part, at) => {
    const needed = widthOf(part)
    if (at > 0 && width + 1 + needed > WIDTH) {
      text += `\n${indent}${part}`
      width = indent.length + needed
    } else {
      text += at > 0 ? ` ${part}` : part
      width += needed + (at > 0 ? 1 : 0)
    }
  })
  return `${text.trimEnd()}\n`
}

/** Separated as in a `Cookie` header. */
const separated = (parts: readonly string[]): string[] =>
  parts.map((part, at) => (at < parts.length - 1 ? `${part};` : part))

const widthOf = (text: string): number => stripVTControlCharacters(text).length

function shortened(text: string, most = 60): string {
  return text.length <= most ? text : `${text.slice(0, most - 12)}… ${digest(text).slice(0, 9)}`
}
