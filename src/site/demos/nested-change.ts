import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Session, Sessions } from '../../lib/index.js'
import { seeOther, show } from './kit/page.js'

declare module '../../lib/index.js' {
  interface SessionData {
    my_car: { readonly make: string; wheels: Wheels }
  }
}

type Wheels = 'steel' | 'alloy'

const HERE = '/sessions/nested-change'

/**
 * The change that led to the page, told in its address: put into the session it would be a change of its own, with
 * which Django's rule saves everything.
 */
const tried = z.object({
  tried: z.enum(['compared', 'ignored', 'modified']),
  set: z.enum(['steel', 'alloy']),
})
type Tried = z.infer<typeof tried>

/** A change within a value: noticed here, lost with Django's rule, unless somebody says that there was one. */
export function nestedChange({ ignoring }: { readonly ignoring: Sessions }): Router {
  const router = new Router({ prefix: HERE })

  router.get('/', async (ctx) => {
    const session = await ctx.session
    const car = session.get('my_car')
    const last = car && tried.safeParse(ctx.query).data
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

/** What came of it. Whoever goes back to the page of an earlier change has made another one since. */
function outcomeOf({ tried, set }: Tried, stored: Wheels): string {
  if (tried === 'ignored') return stored === set ? 'another change has followed' : 'the change was lost'
  return stored === set ? 'the change was saved' : 'the change was lost, or another one has followed'
}
