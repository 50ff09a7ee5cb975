/** A load at a fixed rate for minutes: what grows, what slows down, and whether every answer is right. */
import { setTimeout as pause } from 'node:timers/promises'
import { tell } from '../command-line.js'
import { Load } from '../measure/load.js'
import { median, total } from '../measure/numbers.js'
import { Server } from '../measure/server.js'
import type { Table } from '../measure/table.js'
import { type Sample, verdictOf } from './soak-verdict.js'
import { openStores, type StoreName, tesseraAt } from './stores.js'

/** Sessions in use at a time. */
const SESSIONS = 500
/** Requests under way at the most; beyond that they are shed. */
const CONNECTIONS = 1000
/** Seconds that a session lives after a write: short, so that the sweep has work. */
const LIFE = 30
/** Seconds from one sweep to the next. */
const SWEEP = 5
/** Before anything is measured, for the compiler and the caches; and how the capacity is found: milliseconds. */
const WARM_UP = 3000
const STRETCH = 3000
const STRETCHES = 3
/** The first moments of the load, which are not measured: milliseconds. */
const SETTLE = 2000
/** After so many samples one is preceded by a collection. */
const COLLECTS = 6

export interface SoakOptions {
  readonly minutes: number
  /** Of the capacity. */
  readonly share: number
  /** Seconds between two samples. */
  readonly every: number
  /** The processor that the server has to itself. */
  readonly core: string | undefined
}

export interface Soaked {
  readonly name: string
  /** Requests a second: what the server could do, and what it was asked for. */
  readonly capacity: number
  readonly rate: number
  readonly samples: readonly Sample[]
}

/** Soaks a server on a new store. */
export async function soak(name: StoreName, { minutes, share, every, core }: SoakOptions): Promise<Soaked> {
  const stores = await openStores(name)
  const place = await stores.make()
  const server = await Server.start(tesseraAt(place, name, { cookieAge: LIFE, cleanupInterval: SWEEP }), core)
  tell(`${name}: how much it can do`)
  // A store that is a process of its own needs the load's processor between two requests.
  const awake = stores.server === undefined
  const options = { sessions: SESSIONS, connections: CONNECTIONS, life: LIFE * 1000, awake }
  const load = new Load({ servers: [server], ...options })
  await load.begin()
  const capacity = await capacityOf(load)
  const rate = Math.max(1, Math.floor(capacity * share))

  load.start('visits', rate)
  await pause(SETTLE)
  load.interval()
  await server.ask('usage')
  const samples: Sample[] = []
  const begun = performance.now()
  while (performance.now() - begun < minutes * 60_000) {
    await pause(every * 1000)
    const tally = load.interval()
    const [usage, stored] = [await server.ask('usage'), await stores.bytes(place)]
    const held = samples.length % COLLECTS === 0 ? await server.ask('memory') : undefined
    const sample = { at: (performance.now() - begun) / 1000, ...tally, ...usage, held, stored }
    samples.push(sample)
    tell(lineOf(name, sample))
  }
  await load.stop()
  return { name, capacity, rate, samples }
}

/** Requests a second in a closed loop. */
async function capacityOf(load: Load): Promise<number> {
  await load.run({ traffic: 'visits', milliseconds: WARM_UP })
  const rates: number[] = []
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    const tally = await load.run({ traffic: 'visits', milliseconds: STRETCH })
    const { requests, seconds, wrong, failed, example } = tally
    if (wrong + failed > 0) throw new Error(`wrong before the measurement began: ${example}`)
    rates.push(requests / seconds)
  }
  return median(rates)
}

export function soakTable({ name, samples, rate, capacity }: Soaked): Table {
  const minutes = ((samples.at(-1)?.at ?? 0) / 60).toFixed(1)
  const sum = (figure: (sample: Sample) => number): string => total(samples, figure).toLocaleString('en')
  return {
    title: `${name}: ${minutes} minutes of ${rate.toLocaleString('en')} requests a second`,
    note:
      `${Math.round((rate / capacity) * 100)} % of the ${Math.round(capacity).toLocaleString('en')} a second that a ` +
      `closed loop had just reached. ${sum((one) => one.requests)} answers, ${sum((one) => one.wrong)} of them wrong; ` +
      `${sum((one) => one.failed)} failed, ${sum((one) => one.shed)} shed. Memory and handles of the server's process; ` +
      'latencies count from the moment when a request was due. Medians of quarters of the run. Flat: memory and handles ' +
      'do not grow from the third quarter to the last, and latencies are not longer than in the first.',
    heads: ['', 'first', 'third', 'last', 'flat'],
    rows: verdictOf(samples).lines.map(({ what, quarters, flat }) => [
      what,
      ...quarters.map((figure) => figure.toFixed(2)),
      flat === undefined ? '' : flat ? 'yes' : 'no',
    ]),
  }
}

/** How a run is going, in one line. */
function lineOf(name: string, { at, latency, rss, wrong, failed, shed, ...sample }: Sample): string {
  const [half, most] = latency.map((microseconds) => (microseconds / 1000).toFixed(2))
  const rate = (sample.requests / sample.seconds).toFixed(0)
  return `${name} ${at.toFixed(0)} s: ${rate} / s, p50 ${half}, p99 ${most} ms, ${(rss / 1e6).toFixed(0)} MB, ${wrong + failed} wrong or failed, ${shed} shed`
}
