import type { Session } from '../../../src/lib/index.js'
import type { Actor } from './world.js'

/** Who is on the stage of one run: a user with a session, which the acts are about. */
export interface Run {
  readonly userId: string
  readonly id: string
  /** When the session ends unless it is touched: milliseconds since 1970. */
  readonly expires: number
  readonly handle: string
  /** A user who has never logged in, and has no list. */
  readonly newcomer: string
}

/** What an act says when it has been done. */
export interface Did {
  /** The session's id from now on. */
  readonly id?: string | undefined
  /** The id of a session that has begun. */
  readonly begun?: string | undefined
  /** The session was touched, and lives longer by `TOUCH`. */
  readonly touched?: true
  /** What was read as the session's user, in the session. */
  readonly saw?: string | undefined
}

/** By how much a touch moves the end: milliseconds. */
export const TOUCH = 60_000

export interface Act {
  readonly run: (actor: Actor, run: Run, who: string) => Promise<Did>
  /** Whether the session is over afterwards. */
  readonly ends?: true
  /** Whether all sessions of the user are over. */
  readonly endsAll?: true
  /** Whether the session has another id afterwards. */
  readonly rotates?: true
  /** Only for a process that moves. */
  readonly onlyMoving?: true
}

/** What processes do to a session while it moves, by name. */
export const acts: Readonly<Record<string, Act>> = {
  read: {
    async run({ sessions }, { id }) {
      return { saw: visitorIn(await sessions.open(id)) }
    },
  },
  write: {
    async run({ sessions }, { id }, who) {
      const session = await sessions.open(id)
      session.set(`written by ${who}`, 1)
      await session.save()
      return { id: session.id, saw: visitorIn(session) }
    },
  },
  transform: {
    async run({ sessions }, { id }) {
      const session = await sessions.open(id)
      session.transform('count', (count) => Number(count ?? 0) + 1)
      await session.save()
      return { id: session.id, saw: visitorIn(session) }
    },
  },
  'log-in': {
    async run({ sessions }, { userId }) {
      const session = await sessions.open()
      session.login(userId)
      await session.save()
      return { begun: session.id }
    },
  },
  'first log-in': {
    async run({ sessions }, { newcomer }) {
      const session = await sessions.open()
      session.login(newcomer)
      await session.save()
      return { begun: session.id }
    },
  },
  'log-out': {
    ends: true,
    async run({ sessions }, { id }) {
      const session = await sessions.open(id)
      session.flush()
      await session.save()
      return {}
    },
  },
  rotate: {
    rotates: true,
    async run({ sessions }, { id }) {
      const session = await sessions.open(id)
      session.cycleKey()
      await session.save()
      return { id: session.id }
    },
  },
  touch: {
    async run({ sessions }, { id, expires }) {
      await sessions.engine.load(id)
      const touched = await sessions.engine.touch(id, expires + TOUCH)
      return touched.kind === 'touched' ? { id: touched.id, touched: true } : {}
    },
  },
  revoke: {
    ends: true,
    async run({ sessions }, { userId, handle }) {
      await sessions.revoke(userId, handle)
      return {}
    },
  },
  revokeAll: {
    ends: true,
    endsAll: true,
    async run({ sessions }, { userId }) {
      await sessions.revokeAll(userId)
      return {}
    },
  },
  sweep: {
    async run({ sessions }) {
      await sessions.clearExpired()
      return {}
    },
  },
  mover: {
    onlyMoving: true,
    async run(actor) {
      await actor.moveAll()
      return {}
    },
  },
}

/** Where nobody is logged in, the session itself says whose it is. */
function visitorIn(session: Session): string {
  return session.user ?? String(session.get('visitor') ?? 'nobody')
}
