import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { callsUnderWay, type EngineCall } from '../../inspector/recording.js'
import { line, type Problems, readForm, type Typed } from '../kit/form.js'
import { queryValue, seeOther, show } from '../kit/page.js'
import { Meetings, type Met, Reports } from './meetings.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    /** The visitor's two tabs add to it. */
    twoTabsByHand: string[]
  }
}

const HERE = '/sessions/two-tabs/by-hand'

/** The session may have to fit into a cookie: how many items it keeps, and the most bytes of one. */
const MOST_ITEMS = 4
const MOST_BYTES = 80

/** Requests that may wait at a time. */
const MOST_WAITING = 100

/** How long a tab waits until the other has stored its item too, so that its page shows both: milliseconds. */
const PATIENCE_AFTER = 2000

const note = z.object({
  item: line('An item', 20).refine((text) => Buffer.byteLength(text) <= MOST_BYTES, {
    error: `An item has at most ${MOST_BYTES} bytes.`,
  }),
})

/** The race by hand: a form for two tabs. `patience`: how long one tab waits for the other, in milliseconds. */
export function byHand(patience = 5000): Router {
  const router = new Router({ prefix: HERE })
  const meetings = new Meetings(MOST_WAITING)
  const reports = new Reports<Report>()

  const page = async (ctx: Context, form: Sent = {}, status = 200): Promise<void> => {
    const { typed = {}, problems = {} } = form
    const session = await ctx.session
    const sent = reports.find(queryValue(ctx, 'sent'))
    const locals = { items: session.get('twoTabsByHand'), sent, typed, problems }
    const sources = ['demos/two-tabs/by-hand.ts#send']
    show(ctx, { view: 'two-tabs-by-hand', title: 'Two tabs by hand', locals, sources }, status)
  }

  router.get('/', (ctx) => page(ctx))

  router.post('/begin', async (ctx) => {
    const session = await ctx.session
    session.set('twoTabsByHand', [])
    seeOther(ctx, HERE)
  })

  // #region send
  router.post('/', async (ctx) => {
    const form = readForm(ctx, note)
    if (!form.ok) return page(ctx, form, 422)
    const session = await ctx.session
    if (!session.has('twoTabsByHand')) return seeOther(ctx, HERE)

    const { item } = form.value
    // Whoever has this id has the session, so nobody else can be taken for the other tab.
    const visitor = session.id
    const met = await meetings.meet(`before ${visitor}`, patience)
    if (met === 'full') return page(ctx, { typed: { item }, problems: { item: FULL } }, 503)
    // Now both tabs have loaded the session, and neither has stored anything.
    session.transform('twoTabsByHand', (newest = []) => [...newest, item].slice(-MOST_ITEMS))
    await session.save()
    if (met === 'met') await meetings.meet(`after ${visitor}`, PATIENCE_AFTER)
    seeOther(ctx, `${HERE}?sent=${reports.add({ met, calls: callsUnderWay() })}`)
  })
  // #endregion

  return router
}

const FULL = 'Too many tabs are waiting just now. Nothing was added; send it again in a moment.'

/** The result of a form, for the page that it redirects to. */
interface Report {
  readonly met: Met
  readonly calls: readonly EngineCall[]
}

interface Sent {
  readonly typed?: Typed
  readonly problems?: Problems
}
