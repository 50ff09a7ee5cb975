import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import Koa from 'koa'
import type { Sessions } from '../../src/lib/index.js'
import { LoopProbe } from './loop-probe.js'
import type { Latencies, Visits } from './visitors.js'

/** Ids that the visitors come with. */
const VISITED = 2000

/** What happened while an app served its visitors. */
export interface Served extends Latencies {
  /** Milliseconds by which the event loop was late. */
  readonly late: readonly number[]
}

export interface Sweep extends Served {
  readonly removed: number
  /** Seconds. */
  readonly duration: number
  /** Milliseconds from the end of one batch to the end of the next. */
  readonly batches: readonly number[]
}

/** Clears all that has expired, in one process with an app that serves visitors meanwhile. */
export async function sweepWhileServing(sessions: Sessions, ids: readonly string[]): Promise<Sweep> {
  const batches: number[] = []
  let removed = 0
  const since = performance.now()
  let duration = 0
  const served = await whileServing(sessions, ids, async () => {
    let last = performance.now()
    removed = await sessions.clearExpired(() => {
      const now = performance.now()
      batches.push(now - last)
      last = now
    })
    duration = (performance.now() - since) / 1000
  })
  return { ...served, removed, duration, batches }
}

/** Runs `work` beside an app on these sessions that is visited until the work is done. */
export async function whileServing(
  sessions: Sessions,
  ids: readonly string[],
  work: () => Promise<void>,
): Promise<Served> {
  const server = createServer(appOn(sessions).callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const visitors = fork(fileURLToPath(new URL('visitors.ts', import.meta.url)))
  const visits: Visits = { url: `http://127.0.0.1:${port}`, ids: ids.slice(0, VISITED) }
  visitors.send(visits)
  await once(server, 'request') // they are there
  const probe = new LoopProbe()
  await work()
  const late = probe.stop()
  visitors.send('stop')
  const [latencies] = (await once(visitors, 'message')) as [Latencies]
  server.close()
  return { ...latencies, late }
}

function appOn(sessions: Sessions): Koa {
  const app = new Koa()
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    const session = await ctx.session
    if (ctx.path === '/writes') session.set<string>('visited', performance.now())
    ctx.body = 'ok'
  })
  return app
}
