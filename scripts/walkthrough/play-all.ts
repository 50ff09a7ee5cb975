import { type Event, type PlayOptions, play } from './play.js'
import { type Paint, Printer } from './print.js'
import type { Scene } from './scene.js'

export interface PlayAllOptions extends Omit<PlayOptions, 'tell'> {
  readonly write: (text: string) => void
  /** Without it each event is a line of JSON. */
  readonly paint?: Paint
}

/**
 * Plays the scenes one after the other, with a few words before and after them; true if all did what they say.
 *
 * @throws The signal's reason, once it has been given.
 */
export async function playAll(scenes: readonly Scene[], options: PlayAllOptions): Promise<boolean> {
  const { site, write, paint } = options
  const { cookieName } = site.settings
  const printer = new Printer(cookieName, paint ?? ((_style, text) => text))
  const engine = site.sessions.engine.name
  const count = { exchange: 0, check: 0 }
  const tell = (event: Event): void => {
    if (event.kind === 'exchange' || event.kind === 'check') count[event.kind]++
    write(paint ? printer.linesFor(event) : `${printer.jsonFor(event)}\n`)
  }

  if (paint) write(title(scenes, `${site.url}, gone at the end`, engine, paint))
  const failed: string[] = []
  for (const scene of scenes) if (!(await play(scene, { ...options, tell }))) failed.push(scene.slug)

  const played = `${scenes.length} ${scenes.length === 1 ? 'walkthrough' : 'walkthroughs'} on ${engine}`
  const done = `${count.exchange} requests, ${count.check} checks`
  if (!paint) write(`${JSON.stringify({ kind: 'end', engine, ...count, played: scenes.length, failed })}\n`)
  else if (failed.length === 0) write(`\n\n  ${paint('green', `✓ ${played}, ${done}: all as they say`)}\n\n`)
  else write(`\n\n  ${paint('red', `✗ ${played}, ${done}: failed in ${failed.join(', ')}`)}\n\n`)
  return failed.length === 0
}

function title(scenes: readonly Scene[], server: string, engine: string, paint: Paint): string {
  const line = (label: string, text: string): string => `    ${paint('dim', label.padEnd(12))} ${text}\n`
  const signs = [`${paint('cyan', '→')} request`, `${paint('cyan', '←')} response`]
  const checks = [`${paint('green', '✓')} as it says`, `${paint('red', '✗')} not so`]
  return `
  ${paint('red', '▗▞')} ${paint('bold', 'Tessera')}, in the terminal

${line('server', server)}${line('engine', engine)}${line('walkthroughs', String(scenes.length))}${line('signs', [...signs, ...checks].join('   '))}`
}
