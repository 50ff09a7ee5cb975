import type { Logger } from 'pino'
import {
  type SessionEvent,
  type SessionEventName,
  type Sessions,
  sessionEventNames,
} from '../../lib/index.js'

type Level = 'debug' | 'info' | 'warn'

/** How each event is told. Of an outage's begin the log has a line already, with the cause. */
const LINES: Readonly<Record<Exclude<SessionEventName, 'engine-down'>, readonly [Level, string]>> = {
  created: ['debug', 'a session was created'],
  renewed: ['debug', 'a session has a new id'],
  expired: ['debug', 'a session was over'],
  logout: ['info', 'a session was ended'],
  revoked: ['info', 'sessions were revoked'],
  interrupted: ['warn', 'a session ended while a request ran, which was not saved'],
  'use-after-end': ['warn', 'a session was asked for after its end'],
  'unknown-id': ['warn', 'a session was asked for that there is not'],
  'malformed-id': ['warn', 'a session was asked for with what is no id'],
  undecodable: ['warn', 'a stored session cannot be read'],
  'engine-up': ['info', 'the session store can be used again'],
}

/** Lines about one event in a window: whoever guesses ten thousand ids a second fills no disk. */
const MOST = 20
/** Milliseconds. */
const WINDOW = 60_000

/**
 * Logs what happens to sessions: of each event so many lines a minute at the most, and then how many there were besides.
 * The function that it answers says what is left to say, and ends it.
 */
export function logEvents(sessions: Pick<Sessions, 'on'>, logger: Logger): () => void {
  const ends = sessionEventNames.flatMap((name) => {
    if (name === 'engine-down') return []
    const [level, message] = LINES[name]
    // What nobody reads is not listened to.
    if (!logger.isLevelEnabled(level)) return []
    const window = new Window((unsaid) => logger[level]({ event: name, unsaid }, `${message}, and again`))
    const stop = sessions.on(name, (event: SessionEvent) => {
      const { time, ...told } = event
      if (window.hasRoom(time)) logger[levelOf(event, level)](told, message)
    })
    return [stop, () => window.close()]
  })
  return () => {
    for (const end of ends) end()
  }
}

/** Requests that were under way while their session was renewed are nobody's attack. */
function levelOf(event: SessionEvent, level: Level): Level {
  return event.event === 'use-after-end' && event.ended === 'renewed' ? 'info' : level
}

/** Counts what one minute has said, by the events' own time. */
class Window {
  readonly #tell: (unsaid: number) => void
  #since = Number.NEGATIVE_INFINITY
  #count = 0

  /** `tell`: called with how many had no room. */
  constructor(tell: (unsaid: number) => void) {
    this.#tell = tell
  }

  hasRoom(now: number): boolean {
    if (Math.abs(now - this.#since) >= WINDOW) {
      this.close()
      this.#since = now
    }
    this.#count++
    return this.#count <= MOST
  }

  close(): void {
    if (this.#count > MOST) this.#tell(this.#count - MOST)
    this.#count = 0
  }
}
