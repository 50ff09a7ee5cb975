/**
 * The process of one contender: `node --expose-gc serve.js <file> <options as JSON>`. Says its port on the channel, and
 * answers there what it has used. Plain JavaScript, as an application in production: nothing is compiled on the way.
 */
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Profile } from './profile.js'
import { gate } from './work.js'

/** How often the event loop is asked how late it is, in milliseconds. */
const EVERY = 5

const [file = '', options = '{}'] = process.argv.slice(2)
const { open } = await import(`./contenders/${file}.js`)
const server = await open(JSON.parse(options))
server.keepAliveTimeout = 0
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')

const delay = monitorEventLoopDelay({ resolution: EVERY })
const profile = new Profile()

const answers = {
  /** Microseconds of all threads. */
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },

  watchLoop() {
    delay.reset()
    delay.enable()
  },

  /** Milliseconds by which the event loop was late, 99 times of 100 less than that. */
  loopDelay() {
    delay.disable()
    return Math.max(0, delay.percentile(99) / 1e6 - EVERY)
  },

  /** Bytes that are held, after what is not was collected. */
  memory() {
    globalThis.gc()
    globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  },

  /** What it uses at this moment, and how late its event loop was since the last time. */
  usage() {
    const { heapUsed, rss } = process.memoryUsage()
    const late = Math.max(0, delay.percentile(99) / 1e6 - EVERY)
    delay.reset()
    return { heapUsed, rss, late, handles: process.getActiveResourcesInfo().length }
  },

  startProfile: () => profile.start(),
  stopProfile: () => profile.stop(),

  waiting: () => gate.waiting,
  openGate: () => gate.open(),
}

process.on('message', ({ ask, number }) => process.send({ number, answer: answers[ask]() }))
process.on('disconnect', () => process.exit())
process.send({ port: server.address().port })
