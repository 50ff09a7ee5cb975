import { median, total } from '../measure/numbers.js'
import type { Usage } from '../measure/server.js'
import type { Tally } from '../measure/tally.js'

/** What was seen at one moment of a soak, and since the one before. */
export interface Sample extends Tally, Usage {
  /** Seconds since the first request. */
  readonly at: number
  /** Bytes in the heap and beside it after a collection; not each time, since that takes tens of milliseconds. */
  readonly held: number | undefined
  /** Bytes of the store. */
  readonly stored: number
}

/** A figure that is looked at. Without `growth` and `slower` it decides nothing. */
interface Figure {
  readonly what: string
  readonly of: (sample: Sample) => number | undefined
  /** The share by which it may grow from the third quarter of the run to the last: the first half is for caches to fill. */
  readonly growth?: number
  /** How many times as long as the first quarter's the last one's may be; or how many milliseconds longer anyway. */
  readonly slower?: { readonly times: number; readonly slack: number }
}

const figures: readonly Figure[] = [
  { what: 'heap after a collection, MB', of: ({ held }) => held && held / 1e6, growth: 0.025 },
  { what: 'heap with garbage, MB', of: ({ heapUsed }) => heapUsed / 1e6 },
  { what: 'resident memory, MB', of: ({ rss }) => rss / 1e6, growth: 0.05 },
  { what: 'handles', of: ({ handles }) => handles, growth: 0.01 },
  { what: 'store, MB', of: ({ stored }) => stored / 1e6, growth: 0.05 },
  { what: 'latency p50, ms', of: ({ latency }) => latency[0] / 1000, slower: { times: 1.25, slack: 0.2 } },
  { what: 'latency p99, ms', of: ({ latency }) => latency[1] / 1000, slower: { times: 2, slack: 2 } },
  { what: 'event loop late p99, ms', of: ({ late }) => late },
]

/** The share of requests that may be shed: a machine that pauses for a moment is no fault of the server's. */
const SHED = 0.01

/** One figure, as the medians of the first, the third and the last quarter. */
export interface Line {
  readonly what: string
  readonly quarters: readonly [first: number, third: number, last: number]
  /** `undefined`: it decides nothing. */
  readonly flat: boolean | undefined
}

export interface SoakVerdict {
  readonly lines: readonly Line[]
  /** What is wrong, in words. None: the run was flat, and every answer right. */
  readonly faults: readonly string[]
}

/** Whether memory, handles and latency stayed as they were, and every answer was right. */
export function verdictOf(samples: readonly Sample[]): SoakVerdict {
  const lines = figures.map((figure) => lineOf(figure, samples))
  const faults = lines.filter(({ flat }) => flat === false).map(({ what }) => `not flat: ${what}`)
  const [requests, shed] = [total(samples, (one) => one.requests), total(samples, (one) => one.shed)]
  const example = samples.find((sample) => sample.example !== undefined)?.example
  for (const kind of ['wrong', 'failed'] as const) {
    const count = total(samples, (sample) => sample[kind])
    if (count > 0) faults.push(`${count} ${kind} of ${requests} answers, the first of all: ${example}`)
  }
  if (shed > SHED * (requests + shed)) faults.push(`${shed} requests were shed: the server cannot do so much`)
  return { lines, faults }
}

function lineOf({ what, of, growth, slower }: Figure, samples: readonly Sample[]): Line {
  const values = samples.map(of).filter((value) => value !== undefined)
  const quarter = Math.ceil(values.length / 4)
  const first = median(values.slice(0, quarter))
  const third = median(values.slice(-2 * quarter, -quarter))
  const last = median(values.slice(-quarter))
  const flat =
    growth !== undefined
      ? last <= third * (1 + growth)
      : slower && last <= Math.max(first * slower.times, first + slower.slack)
  return { what, quarters: [first, third, last], flat }
}
