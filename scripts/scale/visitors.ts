/**
 * Visitors of the app, in a process of their own: what they do must not be counted as the app's work. Started with the
 * app's URL and the ids of sessions as JSON on the channel; answers latencies when told to stop.
 */
import { Agent, get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { LoopProbe } from './loop-probe.js'

/** Visitors at a time, half of whom write. */
const VISITORS = 4
/** Each waits so long after an answer: milliseconds. */
const PAUSE = 5

export interface Visits {
  readonly url: string
  readonly ids: readonly string[]
}

/** Milliseconds from request to answer. */
export interface Latencies {
  readonly reads: number[]
  readonly writes: number[]
  /** Answers other than 200. */
  failures: number
  /** How late the event loop of this process was, which has next to nothing to do: what the machine adds. */
  machine: readonly number[]
}

const latencies: Latencies = { reads: [], writes: [], failures: 0, machine: [] }
const agent = new Agent({ keepAlive: true })
let running = true

function ask(url: string, id: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { cookie: `sessionid=${id}` } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    }).on('error', reject)
  })
}

async function visit({ url, ids }: Visits, path: 'reads' | 'writes'): Promise<void> {
  while (running) {
    const id = ids[Math.floor(Math.random() * ids.length)] ?? ''
    const since = performance.now()
    const status = await ask(`${url}/${path}`, id)
    latencies[path].push(performance.now() - since)
    if (status !== 200) latencies.failures++
    await pause(PAUSE)
  }
}

process.once('message', async (visits: Visits) => {
  process.once('message', () => {
    running = false
  })
  const probe = new LoopProbe()
  await Promise.all(
    Array.from({ length: VISITORS }, (_, place) => visit(visits, place % 2 === 0 ? 'reads' : 'writes')),
  )
  latencies.machine = probe.stop()
  agent.destroy()
  process.send?.(latencies, undefined, undefined, () => process.disconnect())
})
