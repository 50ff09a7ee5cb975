/**
 * The process of one contender: `node --expose-gc serve.js <framework> <contender> <options as JSON>`. Sends its port to
 * its parent, and answers what the parent asks (`Answers` in `scripts/measure/server.ts`). Plain JavaScript as in
 * production.
 */
import { once } from 'node:events'
import { Session } from 'node:inspector/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { gate } from './work.js'

/** How often the event loop is asked how late it is: milliseconds. */
const INTERVAL = 5
/** How often the profiler looks at the main thread: microseconds. */
const SAMPLING = 200

const [framework, contender, options] = process.argv.slice(2)
const { [contender]: open } = await import(`./${framework}.js`)
const server = await open(JSON.parse(options))
server.keepAliveTimeout = 0
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')

const delay = monitorEventLoopDelay({ resolution: INTERVAL })
delay.enable()
const inspector = new Session()

const answers = {
  usage() {
    const { user, system } = process.cpuUsage()
    const { heapUsed, rss } = process.memoryUsage()
    const late = Math.max(0, delay.percentile(99) / 1e6 - INTERVAL)
    delay.reset()
    return { cpu: user + system, heapUsed, rss, late, handles: process.getActiveResourcesInfo().length }
  },

  memory() {
    globalThis.gc()
    globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  },

  async sweep() {
    const ends = [performance.now()]
    const removed = await server.clearExpired(() => {
      ends.push(performance.now())
    })
    return { removed, batches: ends.slice(1).map((end, index) => end - ends[index]) }
  },

  async startProfile() {
    inspector.connect()
    await inspector.post('Profiler.enable')
    await inspector.post('Profiler.setSamplingInterval', { interval: SAMPLING })
    await inspector.post('Profiler.start')
  },

  async stopProfile() {
    const { profile } = await inspector.post('Profiler.stop')
    inspector.disconnect()
    return selfTimes(profile)
  },

  waiting: () => gate.waiting,
  openGate: () => gate.open(),
}

/** The microseconds that were spent in each function itself. */
function selfTimes({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = new Map()
  samples.forEach((id, index) => {
    const { functionName: name, url } = frames.get(id)
    const time = times.get(`${name} ${url}`) ?? { name, url, microseconds: 0 }
    time.microseconds += timeDeltas[index]
    times.set(`${name} ${url}`, time)
  })
  return [...times.values()]
}

process.on('message', async ({ ask, number }) => process.send({ number, answer: await answers[ask]() }))
process.on('disconnect', () => process.exit())
process.send({ port: server.address().port })
