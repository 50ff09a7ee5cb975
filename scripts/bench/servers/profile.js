import { Session } from 'node:inspector'

/** How often somebody looks what the process is doing: microseconds. */
const EVERY = 200

/** V8's own profiler, which sees the main thread. */
export class Profile {
  #session = new Session()

  start() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.setSamplingInterval', { interval: EVERY })
    this.#session.post('Profiler.start')
  }

  /** The microseconds that were spent in each function itself. */
  stop() {
    let answer = []
    // Within the process the answer comes before `post` is over.
    this.#session.post('Profiler.stop', (_error, { profile }) => {
      answer = selfTimes(profile)
    })
    this.#session.disconnect()
    return answer
  }
}

function selfTimes({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = new Map()
  samples.forEach((id, index) => {
    const { functionName: name, url } = frames.get(id)
    const key = `${name} ${url}`
    const time = times.get(key) ?? { name, url, microseconds: 0 }
    time.microseconds += timeDeltas[index]
    times.set(key, time)
  })
  return [...times.values()]
}
