import type Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { plainCookie, rawPlainCookie, removePlainCookie, setPlainCookie } from '../kit/plain-cookie.js'
import { type CartMemory, cart, type Fact, type Item, itemsSchema, withItem, withoutItem } from './cart.js'

const COOKIE = 'cart'
const AGE = 180

const lives = [
  { value: 'browser', code: 'no Max-Age', label: 'Until the browser closes: a temporary cookie' },
  { value: 'age', code: `Max-Age=${AGE}`, label: 'For three minutes, browser closed or not' },
] as const

/** A request does not say for how long the browser keeps a cookie, so the value holds that too. */
const cookieValue = z.object({ life: z.enum(['browser', 'age']), items: itemsSchema })
const emptyCart: z.output<typeof cookieValue> = { life: 'browser', items: [] }

/** The cart in the browser: one cookie holds all of it. */
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

// #region recall
/** Anybody may have written the cookie. It is checked against what the form allows. */
function read(ctx: Context): z.output<typeof cookieValue> {
  try {
    return cookieValue.safeParse(JSON.parse(plainCookie(ctx, COOKIE) ?? '')).data ?? emptyCart
  } catch {
    return emptyCart
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
    ? { id: 'max-age', code: 'Max-Age', answer: String(AGE), meaning: 'seconds from the last change' }
    : { id: 'max-age', code: 'Max-Age', answer: 'none', meaning: 'the cookie ends when the browser closes' }
}

/** How much the cart adds to each request, also to pages that do not need it. */
function weight(ctx: Context): Fact {
  const value = rawPlainCookie(ctx, COOKIE)
  const bytes = value === undefined ? 0 : COOKIE.length + 1 + value.length
  return {
    id: 'weight',
    code: `Cookie: ${COOKIE}=…`,
    answer: String(bytes),
    meaning: 'bytes in every request',
  }
}
