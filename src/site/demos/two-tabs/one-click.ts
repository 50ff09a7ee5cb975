import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Sessions } from '../../../lib/index.js'
import { readForm } from '../kit/form.js'
import { seeOther, show } from '../kit/page.js'
import { Accounts } from './accounts.js'
import { type Kept, keep, keptIn, ownKey, sides } from './kept.js'
import { type Overwritten, overwrite } from './overwrite.js'
import { Races, type Runner } from './race.js'

export const HERE = '/sessions/two-tabs'

export interface OneClickParts {
  readonly sessions: Sessions
  /** The name of the sessions' cookie. */
  readonly cookieName: string
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** What came of one click. */
interface Outcome {
  /** In the order in which they were answered. */
  readonly runners: readonly Runner[]
  readonly kept: Kept
  readonly others: Overwritten
}

const runner = z.object({ side: z.enum(sides), race: z.string() })

/** The race by one click: two requests that the server sends to itself. */
export function oneClick({ sessions, cookieName, clock }: OneClickParts): Router {
  const router = new Router({ prefix: HERE })
  const { engine } = sessions
  const races = new Races(cookieName)
  const outcomes = new Accounts<Outcome>()

  const page = (ctx: Context, shown: Shown, status = 200): void => {
    const locals = { ...shown, engine: engine.name }
    const sources = ['demos/two-tabs/one-click.ts#add', 'demos/two-tabs/overwrite.ts#overwrite']
    show(ctx, { view: 'two-tabs', title: 'Two tabs at once', locals, sources }, status)
  }

  router.get('/', (ctx) => {
    const { race } = ctx.query
    const outcome = outcomes.find(race)
    page(ctx, { outcome, isForgotten: race !== undefined && outcome === undefined })
  })

  router.post('/race', async (ctx) => {
    if (races.isFull) return page(ctx, { isFull: true }, 503)
    const session = await ctx.session
    keep(session, { list: [], keys: [] })
    // Stored now, so that both requests find it: two newcomers without an id would begin a session each.
    await session.save()
    const runners = await races.run(ctx, `${HERE}/add`, session.id ?? '')
    const kept = keptIn(await sessions.open(inTheEnd(runners) ?? session.id))
    // Where the cookie is the session, this answer hands on what the browser would hold now: the later cookie.
    if (!engine.capabilities.revocable) keep(session, kept)
    const outcome = { runners, kept, others: await overwrite(engine, clock) }
    seeOther(ctx, `${HERE}?race=${outcomes.add(outcome)}`)
  })

  // #region add
  router.post('/add', async (ctx) => {
    const form = readForm(ctx, runner)
    if (!form.ok) return ctx.throw(404)
    const { side, race } = form.value
    const session = await ctx.session
    const read = [...session.get('twoTabs', [])]
    // Both have read, and neither has written.
    const met = await races.wait(ctx, race, side)
    session.transform('twoTabs', (newest = []) => [...newest, side])
    session.set(ownKey[side], true)
    ctx.body = { read, met }
  })
  // #endregion

  return router
}

/** The session's cookie as a browser holds it after these answers: the later one stands. */
function inTheEnd(runners: readonly Runner[]): string | undefined {
  return runners.findLast(({ cookie }) => cookie !== undefined)?.cookie
}

interface Shown {
  readonly outcome?: Outcome | undefined
  /** Whether the address names a race of which nothing is known. */
  readonly isForgotten?: boolean
  /** Whether too many races are under way. */
  readonly isFull?: boolean
}
