import type { Logger } from 'pino'
import {
  type SessionEvent,
  type SessionEventName,
  type Sessions,
  sessionEventNames,
} from '../../lib/index.js'
import { LineLimit } from '../log.js'

type Level = 'debug' | 'info' | 'warn'

/** The level and the message of each event. The package itself logs the beginning of an outage, with its cause. */
const LINES: Readonly<Record<Exclude<SessionEventName, 'engine-down'>, readonly [Level, string]>> = {
  created: ['debug', 'a session was created'],
  renewed: ['debug', 'a session got a new id'],
  expired: ['debug', 'a session expired'],
  login: ['info', 'a user logged in'],
  logout: ['info', 'a session ended'],
  revoked: ['info', 'sessions were revoked'],
  interrupted: ['warn', 'a session ended while a request ran; the request was not saved'],
  'use-after-end': ['warn', 'a request brought the id of a session that has ended'],
  'unknown-id': ['warn', 'a request brought an unknown session id'],
  'malformed-id': ['warn', 'a request brought a malformed session id'],
  undecodable: ['warn', 'a stored session cannot be read'],
  moved: ['debug', 'a session was moved out of the old store'],
  'engine-up': ['info', 'the session store answers again'],
}

/**
 * Logs the events of sessions: at most so many lines a minute for each event, and then how many were left out. The
 * answered function logs what is left, and ends it.
 */
export function logEvents(sessions: Pick<Sessions, 'on'>, logger: Logger): () => void {
  const ends = sessionEventNames.flatMap((name) => {
    if (name === 'engine-down') return []
    const [level, message] = LINES[name]
    // Events without a listener cost nothing.
    if (!logger.isLevelEnabled(level)) return []
    const limit = new LineLimit((unsaid) => logger[level]({ event: name, unsaid }, `${message}, and again`))
    const stop = sessions.on(name, (event: SessionEvent) => {
      const { time, ...details } = event
      if (limit.hasRoom(time)) logger[levelOf(event, level)](details, message)
    })
    return [stop, () => limit.close()]
  })
  return () => {
    for (const end of ends) end()
  }
}

/** Requests that were under way while their session was renewed are no attack. */
function levelOf(event: SessionEvent, level: Level): Level {
  return event.event === 'use-after-end' && event.ended === 'renewed' ? 'info' : level
}
