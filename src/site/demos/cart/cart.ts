import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { type Problems, readForm, storedLine, type Typed, whole } from '../kit/form.js'
import { seeOther, show } from '../kit/page.js'
import { sessionEntries } from '../kit/session-entries.js'

export const MOST_KINDS = 8
export const MOST_OF_ONE = 99

/** A name and how many. */
export type Item = readonly [name: string, quantity: number]

/** A cookie that holds anything but such items is read as an empty cart. */
export const itemsSchema = z
  .array(z.tuple([storedLine('A name'), z.int().min(1).max(MOST_OF_ONE)]))
  .max(MOST_KINDS)

/** Where a cart is kept: the two versions differ in this alone. */
export interface CartMemory {
  readonly kind: 'cookie' | 'session'
  /** For how long it may be kept. */
  readonly lives: readonly [Life, ...Life[]]
  recall(ctx: Context): Promise<Cart>
  add(ctx: Context, item: Item, life: string): Promise<void>
  remove(ctx: Context, name: string): Promise<void>
  empty(ctx: Context): Promise<void>
}

export interface Cart {
  readonly items: readonly Item[]
  /** The value of one of the lives. */
  readonly life: string
  /** What is known about its end. */
  readonly facts: readonly Fact[]
}

export interface Life {
  readonly value: string
  /** The code that does it. */
  readonly code: string
  readonly label: string
}

export interface Fact {
  readonly id: string
  readonly code: string
  readonly answer: string
  readonly meaning: string
}

/** The pages and the regions of code that they show: `#add` is in the file of the memory. */
const steps = {
  home: { title: 'Begin', regions: ['#recall', 'cart.ts#items'] },
  add: { title: 'Add an item', regions: ['cart.ts#add', '#add'] },
  items: { title: 'Items', regions: ['#add', 'cart.ts#items', '#recall'] },
} as const

/** Adds items with their quantities, lists them, takes them away. */
export function cart(memory: CartMemory): Router {
  const here = `/${memory.kind}s/cart`
  const router = new Router({ prefix: here })
  const item = z.object({
    name: storedLine('A name'),
    quantity: whole('A quantity', 1, MOST_OF_ONE),
    life: z.string().refine((value) => memory.lives.some((life) => life.value === value), {
      error: 'Choose for how long the cart is kept.',
    }),
  })

  router.get('/', async (ctx) => page(ctx, 'home'))
  router.get('/items', async (ctx) => page(ctx, 'items'))
  router.get('/add', async (ctx) => page(ctx, 'add'))

  // #region add
  router.post('/add', async (ctx) => {
    const form = readForm(ctx, item)
    if (!form.ok) return page(ctx, 'add', form, 422)
    const { name, quantity, life } = form.value
    const { items } = await memory.recall(ctx)
    const problems = problemWith(items, [name, quantity])
    const typed = { name, quantity: String(quantity), life }
    if (problems !== undefined) return page(ctx, 'add', { typed, problems }, 422)
    await memory.add(ctx, [name, quantity], life)
    seeOther(ctx, `${here}/items`)
  })
  // #endregion

  router.post('/remove', async (ctx) => {
    const form = readForm(ctx, z.object({ name: z.string() }))
    // The page may be older than the cart. The list shows what is in it now.
    if (form.ok) await memory.remove(ctx, form.value.name)
    seeOther(ctx, `${here}/items`)
  })

  router.post('/empty', async (ctx) => {
    await memory.empty(ctx)
    seeOther(ctx, `${here}/items`)
  })

  async function page(
    ctx: Context,
    step: keyof typeof steps,
    form: { typed?: Typed; problems?: Problems } = {},
    status = 200,
  ): Promise<void> {
    const { items, life, facts } = await memory.recall(ctx)
    const { typed = { quantity: '1', life }, problems = {} } = form
    const { kind, lives } = memory
    const entries = kind === 'session' ? sessionEntries(await ctx.session) : undefined
    const locals = { kind, here, items, facts, lives, life, typed, problems, entries }
    const { title, regions } = steps[step]
    const sources = regions.map(
      (region) => `demos/cart/${region.startsWith('#') ? `${kind}.ts` : ''}${region}`,
    )
    show(ctx, { view: `cart/${step}`, title: `${title}: cart in a ${kind}`, locals, sources }, status)
  }

  return router
}

// #region items
/** Adds to the quantity of an item that is there. A Map, not an object: an item may be called `__proto__`. */
export function withItem(items: readonly Item[], [name, quantity]: Item): readonly Item[] {
  const cart = new Map(items)
  cart.set(name, Math.min((cart.get(name) ?? 0) + quantity, MOST_OF_ONE))
  // problemWith has refused a ninth kind, unless another tab added its own meanwhile.
  return [...cart].slice(0, MOST_KINDS)
}

export function withoutItem(items: readonly Item[], name: string): readonly Item[] {
  return items.filter(([other]) => other !== name)
}
// #endregion

/** Why the cart has no room for the item, by field; undefined if it has. */
function problemWith(
  items: readonly Item[],
  [name, quantity]: Item,
): Readonly<Record<string, string>> | undefined {
  const there = new Map(items).get(name)
  if (there === undefined) {
    if (items.length < MOST_KINDS) return undefined
    return { name: `The cart has ${MOST_KINDS} kinds of items, and no place for another. Remove one first.` }
  }
  if (there + quantity <= MOST_OF_ONE) return undefined
  return { quantity: `There are ${there} in the cart already, and it takes ${MOST_OF_ONE} of an item.` }
}
