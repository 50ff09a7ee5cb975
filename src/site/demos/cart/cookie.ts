import type Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { readCookie } from '../../../lib/internal.js'
import { plainCookie, removePlainCookie, setPlainCookie } from '../kit/plain-cookie.js'
import { type CartMemory, cart, type Fact } from './cart.js'
import { type Item, itemsSchema, withItem, withoutItem } from './items.js'

const COOKIE = 'cart'
const AGE = 180

const lives = [
  { value: 'browser', code: 'no Max-Age', label: 'Until the browser closes: a temporary cookie' },
  { value: 'age', code: `Max-Age=${AGE}`, label: 'For three minutes, browser closed or not' },
] as const

/** The browser brings the items, and not for how long it keeps them: so that stands among them. */
const written = z.object({ life: z.enum(['browser', 'age']), items: itemsSchema })
const none: z.output<typeof written> = { life: 'browser', items: [] }

/** The cart in the browser: one cookie with the whole of it. */
export function cookieCart(): Router {
  return cart(memory)
}

const memory: CartMemory = {
  kind: 'cookie',
  lives,
  recall: async (ctx) => {
    const { life, items } = read(ctx)
    return { items, life, facts: [maxAge(life), weight(ctx)] }
  },
  add: async (ctx, item, life) => add(ctx, item, life),
  remove: async (ctx, name) => {
    const { items, life } = read(ctx)
    write(ctx, withoutItem(items, name), life)
  },
  empty: async (ctx) => write(ctx, [], 'browser'),
}

// #region items
/** Anybody can have written the cookie: what is no cart, with no more in it than the form takes, is none. */
function read(ctx: Context): z.output<typeof written> {
  try {
    return written.safeParse(JSON.parse(plainCookie(ctx, COOKIE) ?? '')).data ?? none
  } catch {
    return none
  }
}
// #endregion

// #region add
function add(ctx: Context, item: Item, life: string): void {
  write(ctx, withItem(read(ctx).items, item), life)
}

function write(ctx: Context, items: readonly Item[], life: string): void {
  if (items.length === 0) removePlainCookie(ctx, COOKIE)
  else setPlainCookie(ctx, COOKIE, JSON.stringify({ life, items }), life === 'age' ? { maxAge: AGE } : {})
}
// #endregion

function maxAge(life: string): Fact {
  return life === 'age'
    ? { id: 'max-age', code: 'Max-Age', answer: String(AGE), meaning: 'seconds from the last change on' }
    : { id: 'max-age', code: 'Max-Age', answer: 'none', meaning: 'it goes when the browser closes' }
}

/** What each request carries because of the cart, to pages that do not need it too. */
function weight(ctx: Context): Fact {
  const value = readCookie(ctx.req.headers.cookie, COOKIE)
  const bytes = value === undefined ? 0 : COOKIE.length + 1 + value.length
  return {
    id: 'weight',
    code: `Cookie: ${COOKIE}=…`,
    answer: String(bytes),
    meaning: 'bytes in every request',
  }
}
