import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Sessions } from '../../../lib/index.js'
import { readForm } from '../kit/form.js'
import { queryValue, seeOther, show } from '../kit/page.js'
import { Reports } from './meetings.js'
import { type Overwritten, overwrite } from './overwrite.js'
import { type Kept, keep, keptIn, ownKey, Races, type Runner, sides } from './race.js'
import { timelineOf } from './timeline.js'

const HERE = '/sessions/two-tabs'

export interface OneClickParts {
  readonly sessions: Sessions
  /** The name of the sessions' cookie. */
  readonly cookieName: string
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** The result of one click. */
interface Outcome {
  /** In the order of their answers. */
  readonly runners: readonly Runner[]
  readonly kept: Kept
  readonly others: Overwritten
}

const runner = z.object({ side: z.enum(sides), race: z.string() })

/** The race by one click: the server sends itself two requests. */
export function oneClick({ sessions, cookieName, clock }: OneClickParts): Router {
  const router = new Router({ prefix: HERE })
  const { engine } = sessions
  const races = new Races(cookieName)
  const outcomes = new Reports<Outcome>()

  const page = (ctx: Context, shown: Shown, status = 200): void => {
    const timeline = shown.outcome ? timelineOf(shown.outcome.runners) : []
    const locals = { ...shown, timeline, engine: engine.name }
    const sources = ['demos/two-tabs/one-click.ts#add', 'demos/two-tabs/overwrite.ts#overwrite']
    show(ctx, { view: 'two-tabs', title: 'Two tabs at once', locals, sources }, status)
  }

  router.get('/', (ctx) => {
    const race = queryValue(ctx, 'race')
    const outcome = outcomes.find(race)
    page(ctx, { outcome, isForgotten: race !== undefined && outcome === undefined })
  })

  router.post('/race', async (ctx) => {
    if (races.isFull) return page(ctx, { isFull: true }, 503)
    const session = await ctx.session
    keep(session, { list: [], keys: [] })
    // Saved now, so that both requests find this session. Without one each would begin its own.
    await session.save()
    const runners = await races.run(ctx, `${HERE}/add`, session.id ?? '')
    const kept = keptIn(await sessions.open(inTheEnd(runners) ?? session.id))
    // Where the cookie is the session, a browser would hold the later of the two cookies: this answer sets the same.
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
    // Now both requests have read, and neither has written.
    const met = await races.wait(ctx, race, side)
    session.transform('twoTabs', (newest = []) => [...newest, side])
    session.set(ownKey[side], true)
    ctx.body = { read, met }
  })
  // #endregion

  return router
}

/** The session's cookie that a browser holds after both answers: the later one. */
function inTheEnd(runners: readonly Runner[]): string | undefined {
  return runners.findLast(({ cookie }) => cookie !== undefined)?.cookie
}

interface Shown {
  readonly outcome?: Outcome | undefined
  /** Whether the address names an unknown race. */
  readonly isForgotten?: boolean
  /** Whether too many races are under way. */
  readonly isFull?: boolean
}
