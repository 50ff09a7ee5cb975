import { randomUUID } from 'node:crypto'
import type { Context } from 'koa'
import { z } from 'zod'
import { csrfCookieName } from '../../../lib/internal.js'
import { callsUnderWay, type EngineCall } from '../../inspector/recording.js'
import { type Side, sides } from './kept.js'
import { Meetings } from './meetings.js'
import { type OwnAnswer, postToSelf } from './self.js'

/** How long one of the two waits for the other: milliseconds. */
const PATIENCE = 2000

/** Races at a time. */
const MOST = 20

/** What one of the two requests did. */
export interface Runner {
  readonly side: Side
  /** 0 if there was no answer. */
  readonly status: number
  /** The list as it found it; undefined if it did not get that far. */
  readonly read: readonly string[] | undefined
  /** Whether the other one had read too before it wrote. */
  readonly met: boolean
  /** The session's cookie that its answer bore. */
  readonly cookie: string | undefined
  /** What was asked of the engine, the commit included; nothing if nobody looks under the hood. */
  readonly calls: readonly EngineCall[]
}

/** What a request tells about itself in its answer. */
const account = z.object({ read: z.array(z.string()), met: z.boolean() })

/** Two requests to this server, at the same moment and in the same session. */
export class Races {
  readonly #cookieName: string
  readonly #meetings = new Meetings(MOST)
  /** The engine calls of those under way, by a name that only their two requests are told. */
  readonly #underWay = new Map<string, Map<Side, readonly EngineCall[]>>()

  constructor(cookieName: string) {
    this.#cookieName = cookieName
  }

  get isFull(): boolean {
    return this.#underWay.size >= MOST
  }

  /** Has both run at `path`, in the session `id`. Answers what came of it, in the order in which they were answered. */
  async run(ctx: Context, path: string, id: string): Promise<Runner[]> {
    const race = randomUUID()
    const calls = new Map<Side, readonly EngineCall[]>()
    const csrfToken: string = ctx.state.csrfToken
    // The settings say which of the two names the token's cookie has.
    const token = Object.fromEntries([true, false].map((isSecure) => [csrfCookieName(isSecure), csrfToken]))
    const cookies = { ...token, [this.#cookieName]: id }
    const answered: Runner[] = []
    // #region run
    const run = async (side: Side): Promise<void> => {
      const answer = await postToSelf(ctx, { path, cookies, csrfToken, fields: { side, race } })
      answered.push({ side, ...this.#accountIn(answer), calls: calls.get(side) ?? [] })
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

  /** Waits for the other request of the race; answers whether it came. Who names no race is not let in: 404. */
  async wait(ctx: Context, race: string, side: Side): Promise<boolean> {
    const calls = this.#underWay.get(race)
    if (calls === undefined) return ctx.throw(404)
    calls.set(side, callsUnderWay())
    return (await this.#meetings.meet(race, PATIENCE)) === 'met'
  }

  #accountIn({ status, cookies, body }: OwnAnswer): Omit<Runner, 'side' | 'calls'> {
    const begin = `${this.#cookieName}=`
    const line = cookies.findLast((one) => one.startsWith(begin))
    const cookie = line?.slice(begin.length).split(';')[0]
    const told = status === 200 ? account.safeParse(JSON.parse(body)) : undefined
    return { status, cookie, read: told?.data?.read, met: told?.data?.met ?? false }
  }
}
