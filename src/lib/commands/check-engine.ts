import type { SessionRecord } from '../codecs/record.js'
import type { Engine } from '../engines/engine.js'
import { generateId } from '../engines/ids.js'
import type { Settings } from '../settings/settings.js'
import { failureText } from './failure.js'
import { type Finding, wrong } from './finding.js'

const READS = 20
/** Milliseconds: on a network of one's own a store answers in one or two. */
const SLOW = 20

/** Seconds after which the session is gone, even if it cannot be removed. */
const LIFE = 60

/** Writes one session, reads it, changes it and removes it, and says how long each takes. */
export async function roundTrips(engine: Engine, { engineTimeout }: Settings): Promise<Finding[]> {
  const about = 'round trip'
  const now = Date.now()
  const record = (value: string): SessionRecord => ({
    data: { 'koa-tessera doctor': value },
    createdAt: now,
    expires: now + LIFE * 1000,
  })
  try {
    const [created, write] = await timed(() => engine.create(generateId(), record('written')))
    if (created.kind !== 'created') return [wrong(about, 'a new session was not stored: its id was taken')]
    let { id } = created
    try {
      const read: number[] = []
      let version = created.version
      for (let n = 0; n < READS; n++) {
        const [loaded, took] = await timed(() => engine.load(id))
        if (loaded.kind !== 'found') return [wrong(about, 'a session that was stored is not there')]
        version = loaded.version
        read.push(took)
      }
      const [updated, change] = await timed(() => engine.update(id, record('changed'), version))
      if (updated.kind !== 'updated') return [wrong(about, `a change was not stored: ${updated.kind}`)]
      id = updated.id
      const middle = read.sort((a, b) => a - b)[READS / 2] ?? 0
      const text = `read ${ms(middle)}, write ${ms(write)}, change ${ms(change)}`
      const slowest = Math.max(middle, write, change)
      if (slowest > engineTimeout / 2)
        return [wrong(about, `${text}; ENGINE_TIMEOUT is ${engineTimeout} ms, and requests will get a 503`)]
      const isSlow = Math.max(middle, change) > SLOW
      return [{ about, status: isSlow ? 'doubtful' : 'good', text: isSlow ? `slow: ${text}` : text }]
    } finally {
      await engine.delete(id)
    }
  } catch (error) {
    return [wrong(about, failureText(error))]
  }
}

const ms = (milliseconds: number): string => `${milliseconds.toFixed(1)} ms`

async function timed<Answer>(work: () => Promise<Answer>): Promise<[Answer, number]> {
  const since = performance.now()
  const answer = await work()
  return [answer, performance.now() - since]
}
