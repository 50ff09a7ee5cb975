import { createHmac, timingSafeEqual } from 'node:crypto'
import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { countIn, LARGEST_COUNT, type Problems, readForm, whole } from './kit/form.js'
import { formatSeconds } from './kit/format.js'
import { queryValue, seeOther, show } from './kit/page.js'
import { plainCookie, removePlainCookie, setPlainCookie } from './kit/plain-cookie.js'

declare module '../../lib/index.js' {
  interface SessionData {
    fourWays: number
  }
}

const HERE = '/four-ways'
const COOKIE = 'four-ways'

const hiddenField = z.object({ hidden: whole('The count in the hidden field', 0, LARGEST_COUNT) })

export interface FourWaysParts {
  /** The first signs the counts in addresses, all verify them. */
  readonly secretKeys: readonly [string, ...string[]]
}

/** The same counter four times: in a cookie, in the session, in the address and in a hidden field of a form. */
export function fourWays({ secretKeys }: FourWaysParts): Router {
  const router = new Router({ prefix: HERE })

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
    const text = queryValue(ctx, 'count')
    const count = text === undefined ? 0 : verify(text, secretKeys)
    return { count: count ?? 0, isTampered: count === undefined }
  }

  function addressWith(count: number): string {
    return count === 0 ? HERE : `${HERE}?count=${sign(count, secretKeys[0])}`
  }
  // #endregion

  // #region hidden
  router.post('/', (ctx) => {
    const form = readForm(ctx, hiddenField)
    if (!form.ok) return page(ctx, { problems: form.problems }, 422)
    // No redirect: the count is only in the form on the page that answers.
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
      // The other forms are sent to the address with its count, so that the redirect can keep it.
      along: addressWith(count).slice(HERE.length),
      next: addressWith(count + 1),
      tampered: sign(count, secretKeys[0]).replace(/^\d+/, '1000000'),
      age: formatSeconds(session.getExpiryAge()),
    }
    show(ctx, { view: 'four-ways', title: 'Four ways to remember', locals, sources }, status)
  }

  return router
}

// #region sign
/** Everybody can read the count, nobody else can write one: `3.<HMAC-SHA-256 of it>`. */
function sign(count: number, secretKey: string): string {
  return `${count}.${macOf(String(count), secretKey)}`
}

/** The count, if one of the keys signed exactly this text. */
function verify(text: string, secretKeys: readonly string[]): number | undefined {
  const [, count, mac] = /^(\d{1,10})\.([\w-]{43})$/.exec(text) ?? []
  if (count === undefined || mac === undefined) return undefined
  const isSigned = secretKeys.some((key) => timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(count, key))))
  return isSigned ? Number(count) : undefined
}

function macOf(count: string, secretKey: string): string {
  return createHmac('sha256', secretKey).update(`four-ways ${count}`).digest('base64url')
}
// #endregion

const sources = [
  'demos/four-ways.ts#cookie',
  'demos/four-ways.ts#session',
  'demos/four-ways.ts#address',
  'demos/four-ways.ts#sign',
  'demos/four-ways.ts#hidden',
]
