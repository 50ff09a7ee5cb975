import { middle } from '../measure/costs.js'
import { type Kind, kinds } from '../measure/population.js'
import { NOTHING, type Table } from '../measure/table.js'
import { forgoneBy } from './contenders.js'
import { figureOf, type Result, type Run } from './result.js'
import { targetRows } from './targets.js'

/** Every table of which something was measured. The first of the runs is the one of all contenders. */
export function tablesOf(runs: readonly Run[], asleep: Run | undefined): Table[] {
  const [{ results } = { results: [] }] = runs
  return [
    ...runs.map((run) => costs(run, `Processor time a request, ${run.title}`)),
    ...(asleep ? [costs(asleep, `Processor time a request, ${asleep.title}`)] : []),
    ...[...runs, ...(asleep ? [asleep] : [])].map((run) => targets(run)),
    correctness(results),
    prices(results),
    throughput(results),
  ].filter(({ heads, rows }) => rows.length > 0 && heads.length > 1)
}

/** Those of which there are figures, in the order of the tables. */
export function measuredKinds(results: readonly Result[]): Kind[] {
  return kinds.filter((kind) => results.some(({ rounds }) => rounds.has(kind)))
}

function costs({ results }: Run, title: string): Table {
  const measured = measuredKinds(results)
  return {
    title,
    note:
      'Microseconds of the server process, user and system, all threads, in the best round. + is what the bare framework ' +
      'does not cost: best round against best round, then the median of the pairs, each a turn between two turns of the ' +
      'bare framework. × is the median of the pairs’ ratios; 1.00 would be free.',
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
  return `${cpu} ${signed(figure.over)} ${signed(figure.paired)} ×${figure.ratio.toFixed(2)}`
}

function signed(microseconds: number): string {
  return `${microseconds < 0 ? '−' : '+'}${Math.abs(microseconds).toFixed(1)}`
}

function targets(run: Run): Table {
  return {
    title: `Goals, ${run.title}`,
    note:
      'What a request costs over the bare framework, as a multiple of what the peer’s costs over its own: by the medians of ' +
      'the pairs, which decide, and by the best rounds.',
    heads: ['', 'of', 'goal', 'pairs', 'best', ''],
    rows: targetRows(run),
  }
}

function prices(results: readonly Result[]): Table {
  return {
    title: 'What the peers do not do for their price',
    note:
      'Tessera does all of it where a store keeps the sessions; in cookies it has revocation with `REVOCATION_STORE`. ' +
      '*Correctness* shows what comes of the rest.',
    heads: ['', 'does not'],
    rows: results.flatMap(({ contender }) => {
      const forgone = forgoneBy(contender)
      return forgone === undefined ? [] : [[contender.name, forgone]]
    }),
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
