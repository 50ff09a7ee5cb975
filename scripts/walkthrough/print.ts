import { styleText } from 'node:util'
import { digest, givenCookies, sentCookies } from '../../src/hood/cookies.js'
import type { StoredRecord } from '../../src/hood/shelf.js'
import { CSRF_COOKIE } from '../../src/middleware/csrf.js'
import type { Event } from './play.js'
import type { Wire } from './visitor.js'

type Style = Parameters<typeof styleText>[0]
export type Paint = (style: Style, text: string) => string

/** Colours where somebody looks at a terminal that has them. */
export const paintOn = (stream: NodeJS.WriteStream): Paint => {
  const colours = stream.isTTY && stream.hasColors()
  return (style, text) => (colours ? styleText(style, text) : text)
}

/** Of values that open something only a hash is shown. */
const isSecret = (name: string): boolean => name === CSRF_COOKIE || /sessionid/.test(name)

/** The event as lines for people. */
export function linesFor(event: Event, paint: Paint): string {
  switch (event.kind) {
    case 'scene':
      return `\n${paint(['bold', 'red'], '▗▞')} ${paint('bold', event.title)}\n`
    case 'say':
      return `\n  ${event.text}\n`
    case 'later':
      return `    ${paint('yellow', `… ${event.seconds} seconds later`)}\n`
    case 'check':
      return event.ok
        ? `    ${paint('green', '✓')} ${event.text}\n`
        : `    ${paint('red', '✗')} ${event.text}${event.instead === undefined ? '' : `\n      but: ${event.instead}`}\n`
    case 'exchange':
      return exchange(event.wire, paint) + stored(event.record, paint)
  }
}

function exchange({ method, path, fields, cookie, status, location, setCookie }: Wire, paint: Paint): string {
  const form = Object.entries(fields).map(([name, value]) => `${name}=${shortened(value)}`)
  const sent = sentCookies(cookie, isSecret).map(({ name, value }) => `${name}=${shortened(value)}`)
  const given = givenCookies(setCookie, isSecret).map(({ name, value, isRemoval, attributes }) => {
    const rest = attributes.map(({ text }) => text).filter((text) => !/^expires=/i.test(text))
    const what = isRemoval ? paint('yellow', `${name} removed`) : `${name}=${shortened(value)}`
    return `      ${paint('dim', 'Set-Cookie')} ${what} ${paint('dim', rest.join('; '))}\n`
  })
  return [
    `    ${paint('cyan', '→')} ${paint('bold', `${method} ${path}`)} ${form.join(' ')}`.trimEnd(),
    '\n',
    sent.length === 0 ? '' : `      ${paint('dim', 'Cookie')} ${sent.join('; ')}\n`,
    `    ${paint('cyan', '←')} ${status}${location === undefined ? '' : ` to ${location}`}\n`,
    ...given,
  ].join('')
}

function stored(record: StoredRecord | undefined, paint: Paint): string {
  if (record === undefined) return ''
  const { engine, key, version, data, expires } = record
  const compact = JSON.stringify(JSON.parse(data))
  const head = `${engine} ${key ?? record.id} v${version}`
  return `      ${paint('dim', 'stored')} ${paint('magenta', head)} ${shortened(compact, 100)} ${paint('dim', `until ${expires.toISOString()}`)}\n`
}

/** The event as one line of JSON, with hashes for ids. */
export function jsonFor(event: Event): string {
  if (event.kind !== 'exchange') return JSON.stringify(event)
  const { cookie, setCookie, ...wire } = event.wire
  const sent = sentCookies(cookie, isSecret)
  const given = givenCookies(setCookie, isSecret)
  return JSON.stringify({ kind: event.kind, ...wire, cookies: sent, setCookies: given, record: event.record })
}

function shortened(text: string, most = 60): string {
  return text.length <= most ? text : `${text.slice(0, most - 12)}… ${digest(text).slice(0, 9)}`
}
