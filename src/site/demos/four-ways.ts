import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { countIn, LARGEST } from './kit/count.js'
import { type Problems, readForm, whole } from './kit/form.js'
import { formatSeconds } from './kit/format.js'
import { seeOther, show } from './kit/page.js'
import { plainCookie, removePlainCookie, setPlainCookie } from './kit/plain-cookie.js'
import { countSigner } from './signed-count.js'

declare module '../../lib/index.js' {
  interface SessionData {
    fourWays: number
  }
}

const HERE = '/four-ways'
const COOKIE = 'four-ways'

const hiddenField = z.object({ hidden: whole('The count in the hidden field', 0, LARGEST) })

export interface FourWaysParts {
  /** The first signs counts in addresses, all verify them. */
  readonly secretKeys: readonly [string, ...string[]]
}

/** The same counter four times: in a cookie, in the session, in the address and in a hidden field of a form. */
export function fourWays({ secretKeys }: FourWaysParts): Router {
  const router = new Router({ prefix: HERE })
  const signer = countSigner(secretKeys)

  // #region cookie
  router.post('/cookie', (ctx) => {
    const before = countIn(plainCookie(ctx, COOKIE))
    setPlainCookie(ctx, COOKIE, String(before + 1))
    seeOther(ctx, addressWith(addressed(ctx).count))
  })
  // #endregion

  // #region session
  router.post('/session', async (ctx) => {
    const session = await ctx.session
    session.transform('fourWays', (before = 0) => before + 1)
    seeOther(ctx, addressWith(addressed(ctx).count))
  })
  // #endregion

  router.get('/', (ctx) => page(ctx))

  // #region address
  /** The count in the request's address. */
  function addressed(ctx: Context): { count: number; isTampered: boolean } {
    const { count: text } = ctx.query
    const count = text === undefined ? 0 : signer.verify(String(text))
    return { count: count ?? 0, isTampered: count === undefined }
  }

  function addressWith(count: number): string {
    return count === 0 ? HERE : `${HERE}?count=${signer.sign(count)}`
  }
  // #endregion

  // #region hidden
  router.post('/', (ctx) => {
    const form = readForm(ctx, hiddenField)
    if (!form.ok) return page(ctx, { problems: form.problems }, 422)
    // No redirect: the count stands nowhere but in the page that answers, in the form on it.
    return page(ctx, { hidden: form.value.hidden + 1 })
  })
  // #endregion

  router.post('/start-again', async (ctx) => {
    const session = await ctx.session
    session.delete('fourWays')
    removePlainCookie(ctx, COOKIE)
    seeOther(ctx, HERE)
  })

  async function page(
    ctx: Context,
    form: { hidden?: number; problems?: Problems } = {},
    status = 200,
  ): Promise<void> {
    const { hidden = 0, problems = {} } = form
    const session = await ctx.session
    const { count, isTampered } = addressed(ctx)
    const locals = {
      counts: {
        cookie: countIn(plainCookie(ctx, COOKIE)),
        session: session.get('fourWays', 0),
        address: count,
        hidden,
      },
      problems,
      isTampered,
      // What the other forms carry along, so that the address still bears its count when they come back.
      along: addressWith(count).slice(HERE.length),
      next: addressWith(count + 1),
      tampered: `${HERE}?count=${signer.sign(count).replace(/^\d+/, '1000000')}`,
      age: formatSeconds(session.getExpiryAge()),
    }
    show(ctx, { view: 'four-ways', title: 'Four ways to remember', locals, sources }, status)
  }

  return router
}

const sources = [
  'demos/four-ways.ts#cookie',
  'demos/four-ways.ts#session',
  'demos/four-ways.ts#address',
  'demos/signed-count.ts#sign',
  'demos/four-ways.ts#hidden',
]
