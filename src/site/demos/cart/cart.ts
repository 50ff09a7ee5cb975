import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { type Problems, readForm, type Typed, whole } from '../kit/form.js'
import { keptLine } from '../kit/kept-line.js'
import { seeOther, show } from '../kit/page.js'
import { type Item, MOST_OF_ONE, problemWith } from './items.js'

/** Where a cart is kept, and for how long: all that the two versions differ in. */
export interface CartMemory {
  readonly kind: 'cookie' | 'session'
  /** How long it may be kept; the first is what nobody has to choose. */
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
  /** What can be said about its end, in a sentence each. */
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

/** The pages, with the code that they show: of the memory itself where no file is named. */
const steps = {
  home: { title: 'Begin', regions: ['#items', 'items.ts#items'] },
  add: { title: 'Add an item', regions: ['cart.ts#add', '#add'] },
  items: { title: 'Items', regions: ['#add', 'items.ts#items', '#items'] },
} as const

/** Adds items with their quantities, lists them, takes them away. */
export function cart(memory: CartMemory): Router {
  const here = `/${memory.kind}s/cart`
  const router = new Router({ prefix: here })
  const item = z.object({
    name: keptLine('A name'),
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
    // A name that is not in the cart is a page that is older than the cart: the list shows what there is.
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
    const locals = { kind, here, items, facts, lives, life, typed, problems }
    const { title, regions } = steps[step]
    const sources = regions.map(
      (region) => `demos/cart/${region.startsWith('#') ? `${kind}.ts` : ''}${region}`,
    )
    show(ctx, { view: `cart/${step}`, title: `${title}: cart in a ${kind}`, locals, sources }, status)
  }

  return router
}
