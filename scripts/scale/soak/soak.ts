/** A load that comes at a fixed rate for minutes: what grows, what slows down, and whether every answer is right. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Cores } from '../../bench/cores.js'
import { Server } from '../../bench/server.js'
import { type Gathered, Load } from '../load.js'
import { median } from '../numbers.js'
import { tesseraAt } from '../server.js'
import { openStores, type StoreName } from '../stores.js'
import type { Sample } from './sample.js'

/** People at a time. */
const VISITORS = 500
/** Requests under way at the most; beyond that they are shed. */
const LINES = 1000
/** Seconds that a session lives after a write: short, so that the sweep has to work. */
const LIFE = 30
/** Seconds from one sweep to the next. */
const SWEEP = 5
/** Before anything is measured, for the compiler and the caches; and how the capacity is found: milliseconds. */
const WARM_UP = 3000
const STRETCH = 3000
const STRETCHES = 3
/** Requests under way in that stretch. */
const AT_ONCE = 32
/** The load's beginning is not the server's: milliseconds that nobody looks at. */
const SETTLE = 2000
/** After so many samples one is preceded by a collection. */
const COLLECTS = 6

export interface SoakOptions {
  readonly minutes: number
  /** Of the capacity. */
  readonly share: number
  /** Seconds between two samples. */
  readonly every: number
}

export interface Soaked {
  readonly name: string
  /** Requests a second: what the server could do, and what it was asked for. */
  readonly capacity: number
  readonly rate: number
  readonly samples: readonly Sample[]
}

/** Soaks a server on a new store; `onStep` and `onSample` hear how far it is. */
export async function soak(
  name: StoreName,
  { minutes, share, every }: SoakOptions,
  { server: core }: Cores,
  onStep: (title: string) => void,
  onSample: (sample: Sample) => void,
): Promise<Soaked> {
  const stores = await openStores(name)
  const load = new Load()
  let server: Server | undefined
  try {
    const place = await stores.make()
    server = await Server.start(tesseraAt(place, name, { cookieAge: LIFE, cleanupInterval: SWEEP }), { core })
    onStep(`${name}: how much it can do`)
    const gathered = await load.gather([server], {
      visitors: VISITORS,
      lines: LINES,
      life: LIFE * 1000,
      // A store that is a process of its own needs the load's processor between two requests.
      awake: name === 'sqlite',
    })
    const capacity = await capacityOf(gathered)
    const rate = Math.max(1, Math.floor(capacity * share))

    await server.watchLoop()
    await gathered.open(rate)
    await pause(SETTLE)
    await Promise.all([gathered.interval(), server.usage()])
    const samples: Sample[] = []
    const begun = performance.now()
    while (performance.now() - begun < minutes * 60_000) {
      await pause(every * 1000)
      const [tally, usage, stored] = await Promise.all([
        gathered.interval(),
        server.usage(),
        stores.bytes(place),
      ])
      const held = samples.length % COLLECTS === 0 ? await server.memory() : undefined
      const sample = { at: (performance.now() - begun) / 1000, ...tally, ...usage, held, stored }
      samples.push(sample)
      onSample(sample)
    }
    await gathered.end()
    return { name, capacity, rate, samples }
  } finally {
    await server?.stop()
    await load.close()
    await stores.discard()
  }
}

/** Requests a second in a closed loop. */
async function capacityOf(gathered: Gathered): Promise<number> {
  await gathered.closed(WARM_UP, AT_ONCE)
  const rates: number[] = []
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    const { requests, seconds, wrong, failed, example } = await gathered.closed(STRETCH, AT_ONCE)
    if (wrong + failed > 0) throw new Error(`wrong before it began: ${example}`)
    rates.push(requests / seconds)
  }
  return median(rates)
}
