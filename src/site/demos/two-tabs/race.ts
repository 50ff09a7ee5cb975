import { randomUUID } from 'node:crypto'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Session } from '../../../lib/index.js'
import { callsUnderWay, type EngineCall } from '../../inspector/recording.js'
import { askSelf, cookieIn, type OwnAnswer } from '../kit/own-request.js'
import { Meetings } from './meetings.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    /** Both requests of a race add to it. */
    twoTabs: string[]
    /** One request sets this, the other one the next. */
    twoTabsLeft: boolean
    twoTabsRight: boolean
  }
}

export const sides = ['left', 'right'] as const
export type Side = (typeof sides)[number]

/** The key that only the request of this side sets. */
export const ownKey = { left: 'twoTabsLeft', right: 'twoTabsRight' } as const

/** What a session holds after a race. */
export interface Kept {
  readonly list: readonly string[]
  /** The sides whose own keys are there. */
  readonly keys: readonly Side[]
}

export function keptIn(session: Session): Kept {
  return {
    list: session.get('twoTabs', []),
    keys: sides.filter((side) => session.get(ownKey[side], false)),
  }
}

export function keep(session: Session, { list, keys }: Kept): void {
  session.set('twoTabs', [...list])
  for (const side of sides) {
    if (keys.includes(side)) session.set(ownKey[side], true)
    else session.delete(ownKey[side])
  }
}

/** How long one request waits for the other: milliseconds. */
const PATIENCE = 2000

/** Races at a time. */
const MOST_RACES = 20

/** What one of the two requests did. */
export interface Runner {
  readonly side: Side
  /** 0 if there was no answer. */
  readonly status: number
  /** The list as it read it; undefined if it did not get that far. */
  readonly read: readonly string[] | undefined
  /** Whether both had read before either wrote. */
  readonly met: boolean
  /** The session's cookie in its answer. */
  readonly cookie: string | undefined
  /** The engine's calls, the commit's included; empty where nobody records. */
  readonly calls: readonly EngineCall[]
}

/** What a request tells about itself in its answer. */
const answerBody = z.object({ read: z.array(z.string()), met: z.boolean() })

/** Two requests to this server, at the same moment and in the same session. */
export class Races {
  readonly #cookieName: string
  readonly #meetings = new Meetings(MOST_RACES)
  /** The calls of the races under way, by a name that only their own two requests know. */
  readonly #underWay = new Map<string, Map<Side, readonly EngineCall[]>>()

  constructor(cookieName: string) {
    this.#cookieName = cookieName
  }

  get isFull(): boolean {
    return this.#underWay.size >= MOST_RACES
  }

  /** Sends both requests to `path`, in the session `id`. Answers the results in the order of the answers. */
  async run(ctx: Context, path: string, id: string): Promise<Runner[]> {
    const race = randomUUID()
    const calls = new Map<Side, readonly EngineCall[]>()
    const cookie = `${this.#cookieName}=${id}`
    const answered: Runner[] = []
    // #region run
    const run = async (side: Side): Promise<void> => {
      const answer = await askSelf(ctx, { path, cookie, fields: { side, race } })
      answered.push({ side, ...this.#resultIn(answer), calls: calls.get(side) ?? [] })
    }
    this.#underWay.set(race, calls)
    try {
      await Promise.all(sides.map(run))
    } finally {
      this.#underWay.delete(race)
    }
    // #endregion
    return answered
  }

  /** Waits for the other request of the race, and answers whether it came. 404 for a request of no race under way. */
  async wait(ctx: Context, race: string, side: Side): Promise<boolean> {
    const calls = this.#underWay.get(race)
    if (calls === undefined) return ctx.throw(404)
    calls.set(side, callsUnderWay())
    return (await this.#meetings.meet(race, PATIENCE)) === 'met'
  }

  #resultIn(answer: OwnAnswer): Omit<Runner, 'side' | 'calls'> {
    const { status, body } = answer
    const cookie = cookieIn(answer, this.#cookieName)
    const told = status === 200 ? answerBody.safeParse(JSON.parse(body)) : undefined
    return { status, cookie, read: told?.data?.read, met: told?.data?.met ?? false }
  }
}
