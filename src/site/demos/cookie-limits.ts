import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { LONGEST_COOKIE } from '../../lib/internal.js'
import { readForm, whole } from './kit/form.js'
import { queryValue, seeOther, show } from './kit/page.js'
import { allCookies, plainCookie, setPlainCookie } from './kit/plain-cookie.js'

const HERE = '/cookies/limits'

/** What is tried ends by itself after two minutes, and goes to no other page of this site. */
const TRIED = { path: HERE, maxAge: 120 } as const

const SIZE = 'limit-size'
const TEXT = 'limit-text'

/** Cookies in one response, and in all. A browser keeps at least 50 of a site (RFC 6265, 6.1), and most keep 180. */
const AT_ONCE = 60
const MOST = 240

const sized = z.object({ size: whole('A size', LONGEST_COOKIE, LONGEST_COOKIE + 1) })
const numbered = z.object({ number: whole('A number', 0, MOST - AT_ONCE) })

/** What goes in; what comes out is text. */
const VALUE = [1, [2, 3]]

/** The five limits of cookies in one place. The browser decides about three of them, so the page asks it. */
export function cookieLimits(): Router {
  const router = new Router({ prefix: HERE })

  router.get('/', (ctx) => page(ctx))

  // #region size
  router.post('/size', (ctx) => {
    const form = readForm(ctx, sized)
    if (!form.ok) return page(ctx, form.problems.size, 422)
    const { size } = form.value
    setPlainCookie(ctx, SIZE, 'x'.repeat(size - SIZE.length), TRIED)
    seeOther(ctx, `${HERE}?size=${size}`)
  })
  // #endregion

  // #region text
  router.post('/text', (ctx) => {
    setPlainCookie(ctx, TEXT, String(VALUE), TRIED)
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region number
  router.post('/number', (ctx) => {
    const form = readForm(ctx, numbered)
    if (!form.ok) return page(ctx, form.problems.number, 422)
    const { number } = form.value
    // Priority=Low: where a browser removes some, these go first.
    for (let at = number + 1; at <= number + AT_ONCE; at++)
      setPlainCookie(ctx, `limit-${at}`, '1', { ...TRIED, priority: 'low' })
    seeOther(ctx, `${HERE}?number=${number + AT_ONCE}`)
  })
  // #endregion

  return router
}

function page(ctx: Context, problem?: string, status = 200): void {
  const size = sized.safeParse({ size: queryValue(ctx, 'size') ?? '' }).data?.size
  const asked = queryValue(ctx, 'number') ?? ''
  const number = /^\d{1,3}$/.test(asked) && Number(asked) % AT_ONCE === 0 ? Math.min(Number(asked), MOST) : 0
  const locals = {
    problem,
    size: size && { asked: size, ...cameOf(ctx, size) },
    longest: LONGEST_COOKIE,
    value: JSON.stringify(VALUE),
    text: plainCookie(ctx, TEXT),
    bytes: ctx.get('Cookie').length,
    count: allCookies(ctx).length,
    number: number === 0 ? undefined : { asked: number, ...numbersIn(ctx, number) },
    atOnce: AT_ONCE,
    next: number < MOST ? number : 0,
  }
  const sources = ['size', 'text', 'number'].map((region) => `demos/cookie-limits.ts#${region}`)
  show(ctx, { view: 'cookie-limits', title: 'The limits of cookies', locals, sources }, status)
}

/** Whether the browser sent the cookie of this many bytes; if not, how many the one has that it still has from another try. */
function cameOf(ctx: Context, size: number): { came: boolean; earlier: number | undefined } {
  const value = plainCookie(ctx, SIZE)
  const held = value === undefined ? undefined : SIZE.length + value.length
  const came = held === size
  return { came, earlier: came ? undefined : held }
}

/** How many of the numbered cookies came, and which did not: `1 to 30`. */
function numbersIn(ctx: Context, asked: number): { came: number; missing: readonly string[] } {
  const names = new Set(allCookies(ctx).map(({ name }) => name))
  const missing: [first: number, last: number][] = []
  for (let at = 1; at <= asked; at++) {
    if (names.has(`limit-${at}`)) continue
    const run = missing.at(-1)
    if (run?.[1] === at - 1) run[1] = at
    else missing.push([at, at])
  }
  const lost = missing.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  return {
    came: asked - lost,
    missing: missing.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`)),
  }
}
