import { paint } from '../paint.js'
import { type Kind, kinds } from './contenders.js'
import { type Figure, figureOf, type Result } from './result.js'
import { aimsOf } from './targets.js'

/** Cells by row; the first column is text, the others are figures. */
export interface Table {
  readonly title: string
  /** What has to be known to read it. */
  readonly note: string
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const NOTHING = '–'

export function tablesOf(results: readonly Result[]): Table[] {
  return [costs, aims, rightness, beside].map((make) => make(results)).filter(({ rows }) => rows.length > 0)
}

function costs(results: readonly Result[]): Table {
  const measured = kinds.filter((kind) => results.some((result) => result.costs.has(kind)))
  return {
    title: 'Processor time a request',
    note:
      'Microseconds of the server process, user and system, all threads, in the best round; + what the bare framework does not cost; ' +
      'in brackets the bare framework divided by it: 1.00 would be free.',
    heads: ['', ...measured],
    rows:
      measured.length === 0
        ? []
        : results.map((result) => [
            result.contender.name,
            ...measured.map((kind) => costCell(result, figureOf(result, kind, results))),
          ]),
  }
}

function costCell({ contender, fault }: Result, figure: Figure | undefined): string {
  if (fault !== undefined) return 'wrong'
  if (figure === undefined) return NOTHING
  const cpu = figure.cpu.toFixed(1)
  if (contender.floor === undefined) return cpu
  const over = `${figure.over < 0 ? '−' : '+'}${Math.abs(figure.over).toFixed(1)}`
  return `${cpu} ${over} (${figure.ratio.toFixed(2)})`
}

function aims(results: readonly Result[]): Table {
  return {
    title: 'What we aim at',
    note:
      'Of bare Koa: its cost divided by ours. The aims were set where bare Koa cost 22 microseconds; what each left to us ' +
      'there, in microseconds, stands beside what we take here.',
    heads: ['', 'of', 'aim', 'ours', '', 'aim, µs over', 'ours, µs over'],
    rows: aimsOf(results).map(({ name, what, target, ours, met, over }) => [
      name,
      what,
      target,
      ours,
      met ? 'met' : 'missed',
      over?.aim.toFixed(1) ?? '',
      over?.ours.toFixed(1) ?? '',
    ]),
  }
}

function rightness(results: readonly Result[]): Table {
  return {
    title: 'What goes wrong',
    note:
      'Updates lost: writes answered with 200, of 1,000 requests to one session that each set a key of their own, ' +
      'of which nothing is left. Revived: of 100 visitors who logged out while a request of theirs was under way ' +
      'that then wrote, those who have a session afterwards, with the old cookie or the new one. Store killed: ' +
      'answers of 200 that were not true, or cost somebody the session, while Redis was killed and started again; ' +
      'after the stroke, how many were refused with a 500 or above.',
    heads: ['', 'updates lost', 'revived', 'wrong, store killed'],
    rows: results
      .filter(({ races, outage }) => races !== undefined || outage !== undefined)
      .map(({ contender, races, outage }) => [
        contender.name,
        races === undefined ? NOTHING : lostCell(races.lost),
        races === undefined ? NOTHING : String(races.revived),
        outage === undefined ? NOTHING : outageCell(outage),
      ]),
  }
}

function lostCell({ lost, done }: NonNullable<Result['races']>['lost']): string {
  return done === 1000 ? String(lost) : `${lost} of ${done}`
}

function outageCell({ wrong, refused, unanswered, crashed }: NonNullable<Result['outage']>): string {
  const more = unanswered > 0 ? `, ${unanswered} unanswered` : ''
  return `${wrong} / ${refused}${more}${crashed ? ', crashed' : ''}`
}

function beside(results: readonly Result[]): Table {
  const shown = (['read', 'write'] as const).filter((kind) => results.some(({ costs }) => costs.has(kind)))
  return {
    title: 'Beside it',
    note:
      'Requests a second that the one processor served, milliseconds to the answer (p50 / p99 / p99.9, 32 requests ' +
      'under way all the time), milliseconds by which the event loop was late (p99), megabytes for 100,000 sessions ' +
      'where this process keeps them. * the load was the limit, not the server.',
    heads: ['', ...shown.flatMap((kind) => [`${kind} / s`, `${kind} ms`, 'late ms']), 'MB'],
    rows:
      shown.length === 0
        ? []
        : results.map((result) => [
            result.contender.name,
            ...shown.flatMap((kind) => besideCells(result, kind)),
            result.memory === undefined ? NOTHING : (result.memory / 10).toFixed(1),
          ]),
  }
}

/** From here on the load's process is as good as always busy. */
const BUSY = 0.9

function besideCells({ costs, fault }: Result, kind: Kind): string[] {
  const cost = costs.get(kind)
  if (cost === undefined || fault !== undefined) return [NOTHING, NOTHING, NOTHING]
  const { throughput, latency, loopDelay, busy } = cost
  return [
    `${Math.round(throughput).toLocaleString('en')}${busy > BUSY ? '*' : ''}`,
    latency.map((microseconds) => (microseconds / 1000).toFixed(1)).join(' / '),
    loopDelay.toFixed(1),
  ]
}

/** With its title and its note, painted. */
export function toTerminal(table: Table): string {
  return `${paint('bold', table.title)}\n${paint('dim', table.note)}\n\n${toText(table)}`
}

function toText({ heads, rows }: Table): string {
  const all = [heads, ...rows]
  const widths = heads.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function toMarkdown({ heads, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = line(heads.map((_, column) => (column === 0 ? '---' : '---:')))
  return [line(heads), rule, ...rows.map(line)].join('\n')
}
