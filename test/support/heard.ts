import { type SessionEvent, type Sessions, sessionEventNames } from '../../src/lib/index.js'

/** Everything that `sessions` tells from now on, in order. */
export function heard(sessions: Pick<Sessions, 'on'>): SessionEvent[] {
  const events: SessionEvent[] = []
  for (const name of sessionEventNames) sessions.on(name, (event: SessionEvent) => events.push(event))
  return events
}

export const namesOf = (events: readonly SessionEvent[]): readonly string[] =>
  events.map(({ event }) => event)
