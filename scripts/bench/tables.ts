import { middle } from '../measure/costs.js'
import { type Kind, kinds } from '../measure/population.js'
import { NOTHING, type Table } from '../measure/table.js'
import { figureOf, type Result } from './result.js'
import { targetRows } from './targets.js'

/** Every table of which something was measured. */
export function tablesOf(results: readonly Result[]): Table[] {
  return [costs, targets, correctness, throughput]
    .map((make) => make(results))
    .filter(({ heads, rows }) => rows.length > 0 && heads.length > 1)
}

/** Those of which there are figures, in the order of the tables. */
export function measuredKinds(results: readonly Result[]): Kind[] {
  return kinds.filter((kind) => results.some(({ rounds }) => rounds.has(kind)))
}

function costs(results: readonly Result[]): Table {
  const measured = measuredKinds(results)
  return {
    title: 'Processor time a request',
    note:
      'Microseconds of the server process, user and system, all threads, in the best round. + is what the bare framework ' +
      'does not cost. In brackets: the bare framework’s cost divided by this one; 1.00 would be free.',
    heads: ['', ...measured],
    rows: results.map((result) => [
      result.contender.name,
      ...measured.map((kind) => costCell(result, kind, results)),
    ]),
  }
}

function costCell(result: Result, kind: Kind, results: readonly Result[]): string {
  if (result.fault !== undefined) return 'wrong'
  const figure = figureOf(result, kind, results)
  if (figure === undefined) return NOTHING
  const cpu = figure.cpu.toFixed(1)
  if (result.contender.bare === undefined) return cpu
  const over = `${figure.over < 0 ? '−' : '+'}${Math.abs(figure.over).toFixed(1)}`
  return `${cpu} ${over} (${figure.ratio.toFixed(2)})`
}

function targets(results: readonly Result[]): Table {
  return {
    title: 'Targets',
    note:
      'The cost of bare Koa divided by ours. The targets were set where bare Koa cost 22 microseconds; the last columns ' +
      'are what each left to us there, in microseconds, and what we take here.',
    heads: ['', 'of', 'target', 'ours', '', 'target, µs over', 'ours, µs over'],
    rows: targetRows(results),
  }
}

function correctness(results: readonly Result[]): Table {
  return {
    title: 'Correctness',
    note:
      'Updates lost: of 1,000 requests to one session that each set a key of their own, those that were answered with 200 ' +
      'and of which nothing is left. Revived: of 100 visitors who logged out while a request of theirs was under way that ' +
      'then wrote, those who have a session afterwards, with the old cookie or the new one.',
    heads: ['', 'updates lost', 'revived'],
    rows: results.flatMap(({ contender: { name }, races }) =>
      races === undefined ? [] : [[name, lostCell(races.lost), String(races.revived)]],
    ),
  }
}

function lostCell({ lost, done }: NonNullable<Result['races']>['lost']): string {
  return done === 1000 ? String(lost) : `${lost} of ${done}`
}

/** From here on the load's process is nearly always busy. */
const BUSY = 0.9

function throughput(results: readonly Result[]): Table {
  const shown = measuredKinds(results).filter((kind) => kind === 'read' || kind === 'write')
  return {
    title: 'Throughput, latency and memory',
    note:
      'Requests a second that the one processor served; milliseconds to the answer (p50 / p99 / p99.9), with 32 requests ' +
      'under way all the time; milliseconds by which the event loop was late (p99); megabytes for 100,000 sessions where ' +
      'this process keeps them. * the load was the limit, not the server.',
    heads: ['', ...shown.flatMap((kind) => [`${kind} / s`, `${kind} ms`, 'late ms']), 'MB'],
    rows: results.map((result) => [
      result.contender.name,
      ...shown.flatMap((kind) => throughputCells(result, kind)),
      result.memory === undefined ? NOTHING : (result.memory / 10).toFixed(1),
    ]),
  }
}

function throughputCells(result: Result, kind: Kind): string[] {
  const rounds = result.rounds.get(kind) ?? []
  if (rounds.length === 0 || result.fault !== undefined) return [NOTHING, NOTHING, NOTHING]
  const perSecond = Math.round(middle(rounds, ({ requests, seconds }) => requests / seconds))
  const latencies = ([0, 1, 2] as const).map((index) => middle(rounds, ({ latency }) => latency[index]))
  return [
    `${perSecond.toLocaleString('en')}${middle(rounds, ({ busy }) => busy) > BUSY ? '*' : ''}`,
    latencies.map((microseconds) => (microseconds / 1000).toFixed(1)).join(' / '),
    middle(rounds, ({ late }) => late).toFixed(1),
  ]
}
