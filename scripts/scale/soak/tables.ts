import type { Table } from '../../bench/tables.js'
import { median } from '../numbers.js'
import type { Sample } from './sample.js'
import type { Soaked } from './soak.js'
import { verdictOf } from './verdict.js'

/** Lines of the course of a run. */
const PARTS = 10

const MEGABYTE = 1e6

export function soakTables(soaked: Soaked): Table[] {
  const { name, samples, rate, capacity } = soaked
  const minutes = ((samples.at(-1)?.at ?? 0) / 60).toFixed(1)
  const total = (figure: (sample: Sample) => number): string =>
    samples.reduce((sum, sample) => sum + figure(sample), 0).toLocaleString('en')
  return [
    {
      title: `${name}: ${minutes} minutes of ${rate.toLocaleString('en')} requests a second`,
      note:
        `${Math.round((rate / capacity) * 100)} % of the ${Math.round(capacity).toLocaleString('en')} a second that a ` +
        `closed loop had just reached. ${total((one) => one.requests)} answers, ${total((one) => one.wrong)} of them ` +
        `wrong; ${total((one) => one.failed)} failed, ${total((one) => one.shed)} shed. Memory and handles of the server's ` +
        'process; latencies count from the moment when a request was due. Medians of each tenth of the run.',
      heads: ['until', 'heap MB', 'resident MB', 'handles', 'p50 ms', 'p99 ms', 'loop late ms', 'store MB'],
      rows: partsOf(samples).map(rowOf),
    },
    {
      title: `${name}: from the first quarter to the last`,
      note:
        'Growth is that of the line through the second half (least squares), per hour, and within that half as a share ' +
        'of its mean; of latencies, the last quarter divided by the first.',
      heads: ['', 'first', 'last', 'an hour', 'change', 'flat'],
      rows: verdictOf(samples).lines.map(({ what, first, last, perHour, change, flat }) => [
        what,
        first,
        last,
        perHour,
        change,
        flat === undefined ? '' : flat ? 'yes' : 'no',
      ]),
    },
  ]
}

function partsOf(samples: readonly Sample[]): readonly (readonly Sample[])[] {
  const size = Math.max(1, Math.ceil(samples.length / PARTS))
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, part) =>
    samples.slice(part * size, (part + 1) * size),
  )
}

function rowOf(part: readonly Sample[]): string[] {
  const middle = (figure: (sample: Sample) => number): number => median(part.map(figure))
  return [
    `${((part.at(-1)?.at ?? 0) / 60).toFixed(1)} min`,
    (middle(({ heapUsed }) => heapUsed) / MEGABYTE).toFixed(1),
    (middle(({ rss }) => rss) / MEGABYTE).toFixed(1),
    String(middle(({ handles }) => handles)),
    (middle(({ latency: [half] }) => half) / 1000).toFixed(2),
    (middle(({ latency: [, most] }) => most) / 1000).toFixed(2),
    middle(({ late }) => late).toFixed(1),
    (middle(({ stored }) => stored) / MEGABYTE).toFixed(1),
  ]
}

/** How a run is going, in one line. */
export function lineOf(name: string, sample: Sample): string {
  const { at, heapUsed, rss, handles, latency, late, wrong, failed, shed } = sample
  const [half, most] = latency.map((microseconds) => (microseconds / 1000).toFixed(2))
  const requests = (sample.requests / sample.seconds).toFixed(0)
  return (
    `${name} ${at.toFixed(0)} s: ${requests} / s, p50 ${half}, p99 ${most} ms, ` +
    `heap ${(heapUsed / MEGABYTE).toFixed(0)}, resident ${(rss / MEGABYTE).toFixed(0)} MB, ${handles} handles, ` +
    `loop late ${late.toFixed(1)} ms, ${wrong} wrong, ${failed} failed, ${shed} shed`
  )
}
