import type { GivenCookie, SentCookie } from './cookies.js'
import type { EngineCall } from './recording.js'

/** Who sends a message of a sequence diagram, and who gets it. */
export type Party = 'browser' | 'server' | 'store'

/** An arrow of the diagram, with what is written above it, or beside it for a call of the store. */
export interface Arrow {
  readonly from: Party
  readonly to: Party
  /** As sent. */
  readonly texts: readonly string[]
  /** Whether it changes what its receiver holds. */
  readonly isChange: boolean
  /** The texts broken into lines, with the place of each. */
  readonly lines: readonly { readonly text: string; readonly y: number }[]
  readonly y: number
}

/** The messages of a request, in order, with their places in a picture. */
export interface Sequence {
  readonly arrows: readonly Arrow[]
  readonly height: number
  /** Whether the store was asked anything. */
  readonly asksStore: boolean
  /** Whether all that was asked is in cookies: then the third party is the engine, and no store. */
  readonly isInCookie: boolean
  /** All messages, one sentence each, for those who do not see the picture. */
  readonly description: string
}

/** A request and its response as they were sent, and the engine's calls meanwhile: what the diagram is made of. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly status: number
  /** Where the response redirects to; empty if it does not. */
  readonly location: string
  /** The cookies of the request. */
  readonly sent: readonly SentCookie[]
  /** The names of those that this step looked at or answered with another. */
  readonly used: ReadonlySet<string>
  readonly given: readonly GivenCookie[]
  readonly calls: readonly EngineCall[]
}

/** Characters of a line: as many as fit between the lifelines of browser and server, where all texts stand. */
const LINE = 28
/** The most lines of one text. */
const MOST_LINES = 3
/** Characters of a line that are too few to stand alone. */
const FEW = 4
/** The most calls that are drawn. The list of calls below the picture has all. */
const MOST_CALLS = 8
const TOP = 30
const LINE_HEIGHT = 18
/** From the last line to the arrow below it, and from an arrow to what follows. */
const ABOVE_ARROW = 9
const BELOW_ARROW = 9
/** The text of a call stands beside its arrow: so much lower is the line of a text than its middle. */
const HALF_LETTER = 4

type Message = Pick<Arrow, 'from' | 'to' | 'texts' | 'isChange'>

/** Draws the request, the calls of the store and the response. */
export function sequenceOf(sent: Sent): Sequence {
  const drawn = sent.calls.slice(0, MOST_CALLS)
  const messages: Message[] = [requestOf(sent), ...drawn.flatMap(callOf)]
  const left = sent.calls.length - drawn.length
  if (left > 0) messages.push({ from: 'server', to: 'store', texts: [`and ${left} more`], isChange: false })
  messages.push(responseOf(sent))

  let y = TOP
  const arrows = messages.map((message): Arrow => {
    const isBeside = message.from === 'store' || message.to === 'store'
    if (message.to === 'browser') y += BELOW_ARROW / 2
    const lines = message.texts.flatMap(broken).map((text) => {
      y += LINE_HEIGHT
      return { text, y }
    })
    const arrow = { ...message, lines, y: isBeside ? y - HALF_LETTER : y + ABOVE_ARROW }
    y = isBeside ? y : arrow.y + BELOW_ARROW
    return arrow
  })
  const asksStore = drawn.length > 0
  const isInCookie = asksStore && drawn.every((call) => call.isInCookie === true)
  const named = (party: Party): string => (party === 'store' && isInCookie ? 'engine' : party)
  const sentences = messages.map(
    ({ from, to, texts }, at) =>
      `${at + 1}. From the ${named(from)} to the ${named(to)}: ${texts.join('; ')}.`,
  )
  return { arrows, height: y + 8, asksStore, isInCookie, description: sentences.join(' ') }
}

function requestOf({ method, path, sent, used }: Sent): Message {
  const cookies = sent.filter(({ name }) => used.has(name))
  const others = sent.length - cookies.length
  const count =
    others === 0
      ? []
      : [`${cookies.length > 0 ? 'and ' : ''}${others} other ${others === 1 ? 'cookie' : 'cookies'}`]
  const texts =
    sent.length === 0
      ? ['no cookie']
      : [...cookies.map(({ name, value }) => `Cookie: ${name}=${value}`), ...count]
  return { from: 'browser', to: 'server', texts: [`${method} ${path}`, ...texts], isChange: false }
}

const WRITES: ReadonlySet<string> = new Set([
  'created',
  'updated',
  'touched',
  'deleted',
  'written',
  'revoked',
])

function callOf({ call, outcome, key, newKey, ifVersion, version }: EngineCall): readonly Message[] {
  const isChange = WRITES.has(outcome)
  const moved = call === 'rotate' && newKey !== undefined ? ` to ${newKey}` : ''
  const condition = ifVersion === undefined ? '' : `, if version ${short(ifVersion)}`
  const asked = `${call}${key === undefined ? '' : ` ${key}`}${moved}${condition}`
  const answered = `${outcome}${version === undefined ? '' : `, version ${short(version)}`}`
  return [
    { from: 'server', to: 'store', texts: [asked], isChange },
    { from: 'store', to: 'server', texts: [answered], isChange: false },
  ]
}

function responseOf({ status, location, given }: Sent): Message {
  const head = location === '' ? String(status) : `${status}, go to ${location}`
  const cookies = given.map(({ name, value, isRemoval }) =>
    isRemoval ? `Set-Cookie: ${name}=; Max-Age=0` : `Set-Cookie: ${name}=${value}`,
  )
  const texts = cookies.length > 0 ? cookies : ['no Set-Cookie']
  return { from: 'server', to: 'browser', texts: [head, ...texts], isChange: given.length > 0 }
}

/** A version is opaque, and may be long. */
function short(version: number | string): string {
  const text = String(version)
  return text.length <= 10 ? text : `${text.slice(0, 9)}…`
}

/** Breaks a text into lines, after a space or a sign where there is one, and leaves no letter or two alone on a line. */
function broken(text: string): readonly string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > LINE && lines.length < MOST_LINES - 1) {
    const cut = placeToBreak(rest)
    lines.push(rest.slice(0, cut).trimEnd())
    rest = rest.slice(cut)
  }
  return [...lines, rest.length <= LINE ? rest : `${rest.slice(0, LINE - 1)}…`]
}

/** After a comma where there is one, else after another sign. Without a sign the lines are of one length. */
function placeToBreak(text: string): number {
  const after = (signs: RegExp): number | undefined =>
    [...text.slice(0, LINE).matchAll(signs)]
      .map(({ index, 0: found }) => index + found.length)
      .findLast((at) => at >= LINE / 3 && text.length - at >= FEW)
  return (
    after(/[,;] */g) ??
    after(/[ =/?&]/g) ??
    Math.min(LINE, Math.ceil(text.length / Math.ceil(text.length / LINE)))
  )
}
