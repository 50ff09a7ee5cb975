import type { Sample } from './sample.js'
import { growthOf, quartersOf } from './trend.js'

/** One figure of a soak, from the first quarter to the last. */
export interface Line {
  readonly what: string
  readonly first: string
  readonly last: string
  /** Per hour; none where quarters are compared. */
  readonly perHour: string
  /** Growth within the second half, or the last quarter divided by the first. */
  readonly change: string
  /** `undefined`: it is only told. */
  readonly flat: boolean | undefined
}

export interface SoakVerdict {
  readonly lines: readonly Line[]
  /** What is wrong, in words. Nothing: the run was flat, and every answer right. */
  readonly faults: readonly string[]
}

/** Growth within the second half of the run that is still flat, as a share. */
const MEMORY = 0.05
const RSS = 0.1
const HANDLES = 0.02
const STORED = 0.1
/** How many times as long the last quarter's latency may be, and by how many milliseconds it may be longer anyway. */
const HALF_LATENCY = { times: 1.25, slack: 0.2 }
const MOST_LATENCY = { times: 2, slack: 2 }
/** The share of requests that may be shed: a machine that stands still for a moment is no fault of the server's. */
const SHED = 0.01

const MEGABYTE = 1e6

/** Whether memory, handles and latency stayed as they were, and every answer was right. */
export function verdictOf(samples: readonly Sample[]): SoakVerdict {
  const collected = samples.filter(({ held }) => held !== undefined)
  const lines = [
    grown('heap after a collection, MB', collected, ({ held = 0 }) => held / MEGABYTE, MEMORY),
    grown('heap with garbage, MB', samples, ({ heapUsed }) => heapUsed / MEGABYTE),
    grown('resident memory, MB', samples, ({ rss }) => rss / MEGABYTE, RSS),
    grown('handles', samples, ({ handles }) => handles, HANDLES),
    grown('store, MB', samples, ({ stored }) => stored / MEGABYTE, STORED),
    slower('latency p50, ms', samples, ({ latency: [half] }) => half / 1000, HALF_LATENCY),
    slower('latency p99, ms', samples, ({ latency: [, most] }) => most / 1000, MOST_LATENCY),
    slower('event loop late p99, ms', samples, ({ late }) => late),
  ]
  const total = (figure: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + figure(sample), 0)
  const [requests, shed] = [total((one) => one.requests), total((one) => one.shed)]
  const example = samples.find((sample) => sample.example !== undefined)?.example
  const faults = lines.filter(({ flat }) => flat === false).map(({ what }) => `not flat: ${what}`)
  for (const kind of ['wrong', 'failed'] as const) {
    const count = total((sample) => sample[kind])
    if (count > 0) faults.push(`${count} ${kind} of ${requests} answers, the first of all: ${example}`)
  }
  if (shed > SHED * (requests + shed)) faults.push(`${shed} requests were shed: the server cannot do so much`)
  return { lines, faults }
}

function grown(
  what: string,
  samples: readonly Sample[],
  figure: (sample: Sample) => number,
  most?: number,
): Line {
  const [first, last] = quartersOf(samples.map(figure))
  const { perHour, share } = growthOf(samples.map((sample) => ({ at: sample.at, value: figure(sample) })))
  return {
    what,
    first: first.toFixed(1),
    last: last.toFixed(1),
    perHour: signed(perHour, 1),
    change: `${signed(share * 100, 1)} %`,
    flat: most === undefined ? undefined : share <= most,
  }
}

function slower(
  what: string,
  samples: readonly Sample[],
  figure: (sample: Sample) => number,
  most?: { readonly times: number; readonly slack: number },
): Line {
  const [first, last] = quartersOf(samples.map(figure))
  return {
    what,
    first: first.toFixed(2),
    last: last.toFixed(2),
    perHour: '–',
    change: first === 0 ? '–' : `× ${(last / first).toFixed(2)}`,
    flat: most === undefined ? undefined : last <= Math.max(first * most.times, first + most.slack),
  }
}

function signed(number: number, digits: number): string {
  return `${number < 0 ? '−' : '+'}${Math.abs(number).toFixed(digits)}`
}
