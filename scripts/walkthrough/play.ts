import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Paint } from '../../src/lib/commands/terminal.js'
import { walkthroughs } from '../../src/site/demos/walkthroughs.js'
import { type StoredRecord, storedRecordOf } from '../../src/site/inspector/stored-record.js'
import { JarBrowser, type Wire } from './jar-browser.js'
import { type Event, Printer } from './print.js'
import { type Scene, type Stage, Unexpected } from './scene.js'
import type { OpenSite } from './site.js'
import { type Page, Visitor } from './visitor.js'

export interface PlayOptions {
  readonly site: OpenSite
  /** The pause after each event, for people to read: milliseconds. */
  readonly pace: number
  readonly tell: (event: Event) => void
  /** Ends the play early. */
  readonly signal?: AbortSignal
}

/**
 * Plays the scene with a new browser, and answers whether every check was true.
 *
 * @throws The signal's reason, once it has been given.
 */
export async function play(scene: Scene, options: PlayOptions): Promise<boolean> {
  const { tell, signal } = options
  const title = walkthroughs.find(({ slug }) => slug === scene.slug)?.title ?? scene.slug
  tell({ kind: 'scene', slug: scene.slug, title })
  try {
    await scene.play(stageFor(options))
    return true
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof Unexpected)) tell({ kind: 'check', text: String(error), ok: false })
    return false
  }
}

export interface PlayAllOptions extends Omit<PlayOptions, 'tell'> {
  readonly write: (text: string) => void
  /** Without it each event is a line of JSON. */
  readonly paint?: Paint
  /** The columns of the terminal. Default: 80. */
  readonly columns?: number | undefined
}

/**
 * Plays the scenes one after the other, with a title and a summary, and answers whether all checks were true.
 *
 * @throws The signal's reason, once it has been given.
 */
export async function playAll(scenes: readonly Scene[], options: PlayAllOptions): Promise<boolean> {
  const { site, write, paint, columns } = options
  const printer = new Printer(paint ?? ((_style, text) => text), columns)
  const engine = site.sessions.engine.name
  const count = { exchange: 0, check: 0 }
  const tell = (event: Event): void => {
    if (event.kind === 'exchange' || event.kind === 'check') count[event.kind]++
    write(paint ? printer.linesFor(event) : `${printer.jsonFor(event)}\n`)
  }

  if (paint) write(title(scenes, `${site.url}, until the end`, engine, paint))
  const failed: string[] = []
  for (const scene of scenes) if (!(await play(scene, { ...options, tell }))) failed.push(scene.slug)

  const played = `${scenes.length} ${scenes.length === 1 ? 'walkthrough' : 'walkthroughs'} on ${engine}`
  const done = `${count.exchange} requests, ${count.check} checks`
  if (!paint) write(`${JSON.stringify({ kind: 'end', engine, ...count, played: scenes.length, failed })}\n`)
  else if (failed.length === 0) write(`\n\n  ${paint('green', `✓ ${played}, ${done}: all checks true`)}\n\n`)
  else write(`\n\n  ${paint('red', `✗ ${played}, ${done}: failed in ${failed.join(', ')}`)}\n\n`)
  return failed.length === 0
}

function title(scenes: readonly Scene[], server: string, engine: string, paint: Paint): string {
  const line = (label: string, text: string): string => `    ${paint('dim', label.padEnd(12))} ${text}\n`
  const signs = [`${paint('cyan', '→')} request`, `${paint('cyan', '←')} response`]
  const checks = [`${paint('green', '✓')} true`, `${paint('red', '✗')} false`]
  return `
  ${paint('red', '▗▞')} ${paint('bold', 'Tessera')}, in the terminal

${line('server', server)}${line('engine', engine)}${line('walkthroughs', String(scenes.length))}${line('signs', [...signs, ...checks].join('   '))}`
}

function stageFor({ site, pace, tell, signal }: PlayOptions): Stage {
  const given = new Map<string, string>()
  let records: readonly StoredRecord[] = []

  const told = async (event: Event): Promise<void> => {
    signal?.throwIfAborted()
    tell(event)
    if (pace > 0) await setTimeout(pace, undefined, { ...(signal && { signal }) })
  }
  const onWire = async (wire: Wire): Promise<void> => {
    for (const line of wire.setCookie) given.set(line.slice(0, line.indexOf('=')), line)
    // After a failure the store may not answer either.
    const failed = wire.status >= 500
    const found = failed ? [] : await Promise.all(site.inspected.map((one) => storedRecordOf(one, wire)))
    records = found.filter((record) => record !== undefined)
    await told({ kind: 'exchange', wire, records })
    // There is no page for the scene to check.
    if (failed) await check(`${wire.method} ${wire.path} is answered`, false, wire.status)
  }
  const check: Stage['check'] = async (text, ok, instead) => {
    await told({
      kind: 'check',
      text,
      ok,
      ...(!ok && instead !== undefined && { instead: String(instead) }),
    })
    if (!ok) throw new Unexpected(text)
  }
  const other: Stage['other'] = (
    browser = new JarBrowser({ base: site.url, clock: () => site.now, onWire }),
  ) => new Visitor(browser)

  const { revocable } = site.sessions.engine.capabilities
  return {
    visitor: other(),
    other,
    cookieName: site.settings.cookieName,
    revocable,
    endsCopies: revocable || site.sessions.engine.revocations !== undefined,
    say: (text) => told({ kind: 'say', text }),
    async later(seconds) {
      site.now += seconds * 1000
      await told({ kind: 'later', seconds })
    },
    check,
    reads(page: Page, selector, expected) {
      const text = page.text(selector)
      const ok = typeof expected === 'string' ? text === expected : expected.test(text ?? '')
      return check(`the page says: ${ok ? text : expected}`, ok, text ?? 'no such element')
    },
    holds(key, expected) {
      const value = records
        .map(({ data }) => (JSON.parse(data) as Record<string, unknown>)[key])
        .find((one) => one !== undefined)
      const text = expected === undefined ? `nothing under ${key}` : `${key} ${JSON.stringify(expected)}`
      return check(
        `the session has ${text}`,
        isDeepStrictEqual(value, expected),
        JSON.stringify(value) ?? 'nothing',
      )
    },
    given(cookie) {
      const line = given.get(cookie)
      if (line === undefined) throw new Error(`no response has set the cookie ${cookie}`)
      return line
    },
  }
}
