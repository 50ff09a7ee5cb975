import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { PlainCookie, SentCookie } from '../../inspector/cookies.js'
import { type Problems, readForm, storedLine, type Typed, whole } from '../kit/form.js'
import { seeOther, show } from '../kit/page.js'
import { allCookies, removePlainCookie, setPlainCookie } from '../kit/plain-cookie.js'
import { type Item, MOST_KINDS, MOST_OF_ONE } from './cart.js'

const HERE = '/cookies/cart-as-taught'

/** Seconds. */
const AGE = 180

/** Before each name, so that no item is the cookie of something else: one may be called `sessionid`. */
const PREFIX = 'cart.'

/** A browser may send thousands of short cookies. */
const MOST_ROWS = 100

/** A response has room for so many lines that remove a cookie. */
const MOST_REMOVED = 50

const item = z.object({
  name: storedLine('A name'),
  quantity: whole('A quantity', 1, MOST_OF_ONE),
})

/** A cart as tutorials teach it: one cookie for each item, and a page that lists all cookies. */
export function cartAsTaught(): Router {
  const router = new Router({ prefix: HERE })

  router.get('/', (ctx) => page(ctx, 'home'))
  router.get('/add', (ctx) => page(ctx, 'add'))
  router.get('/items', (ctx) => page(ctx, 'items'))

  // #region add
  router.post('/add', (ctx) => {
    const form = readForm(ctx, item)
    if (!form.ok) return page(ctx, 'add', form, 422)
    const { name, quantity } = form.value
    const items = new Map(itemsIn(ctx))
    if (items.size >= MOST_KINDS && !items.has(name)) {
      const typed = { name, quantity: String(quantity) }
      return page(ctx, 'add', { typed, problems: { name: FULL } }, 422)
    }
    // An item that is there gets the new quantity: a cookie of the same name replaces the one before.
    setPlainCookie(ctx, cookieOf(name), String(quantity), { maxAge: AGE })
    seeOther(ctx, `${HERE}/items`)
  })
  // #endregion

  router.post('/empty', (ctx) => {
    const names = allCookies(ctx).map(({ name }) => name)
    for (const name of names.filter(isRemovable).slice(0, MOST_REMOVED)) removePlainCookie(ctx, name)
    seeOther(ctx, `${HERE}/items`)
  })

  return router
}

const titles = {
  home: 'A cookie for each item',
  add: 'Add an item: a cookie for each',
  items: 'All cookies: a cookie for each item',
}
const FULL = `The cart has ${MOST_KINDS} kinds of items, and each is a cookie. Empty it first.`

// #region names
/** A cookie's name takes letters, digits and a few signs only (RFC 6265), so the item's name is percent-encoded. */
function cookieOf(name: string): PlainCookie {
  return `${PREFIX}${encodeURIComponent(name).replaceAll('(', '%28').replaceAll(')', '%29')}`
}

/** The item of a cookie. Anybody may have written it: undefined for one that this page would not write. */
function itemOf({ name, value }: SentCookie): Item | undefined {
  if (!name.startsWith(PREFIX)) return undefined
  try {
    const found = item.safeParse({
      name: decodeURIComponent(name.slice(PREFIX.length)),
      quantity: value,
    }).data
    const isOurs = found && cookieOf(found.name) === name && String(found.quantity) === value
    return isOurs ? [found.name, found.quantity] : undefined
  } catch {
    return undefined
  }
}
// #endregion

function itemsIn(ctx: Context): Item[] {
  return allCookies(ctx)
    .map(itemOf)
    .filter((one) => one !== undefined)
    .slice(0, MOST_KINDS)
}

/** A response can name it: a browser's developer tools write names that no `Set-Cookie` can. */
function isRemovable(name: string): name is PlainCookie {
  return name.startsWith(PREFIX) && /^[\w!#$%&'*+.^`|~-]+$/.test(name)
}

function page(
  ctx: Context,
  step: keyof typeof titles,
  form: { typed?: Typed; problems?: Problems } = {},
  status = 200,
): void {
  const { typed = { quantity: '1' }, problems = {} } = form
  const cookies = allCookies(ctx)
  const locals = {
    here: HERE,
    age: AGE,
    items: itemsIn(ctx),
    rows: cookies.slice(0, MOST_ROWS).map((cookie) => ({ ...cookie, item: itemOf(cookie) })),
    left: Math.max(0, cookies.length - MOST_ROWS),
    bytes: ctx.get('Cookie').length,
    typed,
    problems,
  }
  const sources = ['demos/cart/as-taught.ts#add', 'demos/cart/as-taught.ts#names']
  show(ctx, { view: `cart-as-taught/${step}`, title: titles[step], locals, sources }, status)
}
