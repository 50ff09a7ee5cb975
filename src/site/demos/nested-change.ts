import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Session, Sessions } from '../../lib/index.js'
import { queryValue, seeOther, show } from './kit/page.js'

declare module '../../lib/index.js' {
  interface SessionData {
    my_car: { readonly make: string; wheels: Wheels }
  }
}

type Wheels = 'steel' | 'alloy'

const HERE = '/sessions/nested-change'

/**
 * The last change, as the page's address tells it. In the session it would be a change itself, and under Django's rule
 * that one would save the nested change too.
 */
const tried = z.object({
  tried: z.enum(['compared', 'ignored', 'modified']),
  set: z.enum(['steel', 'alloy']),
})
type Tried = z.infer<typeof tried>

/** A change inside a value: noticed here, and lost under Django's rule unless `modified` is set. */
export function nestedChange({ ignoring }: { readonly ignoring: Sessions }): Router {
  const router = new Router({ prefix: HERE })

  router.get('/', async (ctx) => {
    const session = await ctx.session
    const car = session.get('my_car')
    const change = { tried: queryValue(ctx, 'tried'), set: queryValue(ctx, 'set') }
    const last = car && tried.safeParse(change).data
    const regions = last === undefined ? ['begin', 'change'] : ['change', last.tried]
    const locals = {
      car,
      next: car?.wheels === 'steel' ? 'alloy' : 'steel',
      last,
      outcome: last && outcomeOf(last, car.wheels),
    }
    const sources = regions.map((region) => `demos/nested-change.ts#${region}`)
    show(ctx, { view: 'nested-change', title: 'Nested change', locals, sources })
  })

  // #region begin
  router.post('/begin', async (ctx) => {
    const session = await ctx.session
    session.set('my_car', { make: 'mini', wheels: 'steel' })
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region compared
  router.post('/compared', async (ctx) => {
    const session = await ctx.session
    const set = changeWheels(session)
    tell(ctx, 'compared', set)
  })
  // #endregion

  // #region ignored
  // The same session under NESTED_CHANGES=ignore
  router.use('/django', ignoring.middleware())

  router.post('/django/ignored', async (ctx) => {
    const session = await ctx.session
    const set = changeWheels(session)
    tell(ctx, 'ignored', set)
  })
  // #endregion

  // #region modified
  router.post('/django/modified', async (ctx) => {
    const session = await ctx.session
    const set = changeWheels(session)
    session.modified = true
    tell(ctx, 'modified', set)
  })
  // #endregion

  return router
}

// #region change
function changeWheels(session: Session): Wheels | undefined {
  const car = session.get('my_car')
  if (car === undefined) return undefined
  // No method of the session is called for this.
  car.wheels = car.wheels === 'steel' ? 'alloy' : 'steel'
  return car.wheels
}
// #endregion

function tell(ctx: Context, how: Tried['tried'], set: Wheels | undefined): void {
  seeOther(ctx, set === undefined ? HERE : `${HERE}?tried=${how}&set=${set}`)
}

/** The result. On the page of an earlier change the session may hold a later one. */
function outcomeOf({ tried, set }: Tried, stored: Wheels): string {
  if (tried === 'ignored') return stored === set ? 'another change has followed' : 'the change was lost'
  return stored === set ? 'the change was saved' : 'the change was lost, or another one has followed'
}
