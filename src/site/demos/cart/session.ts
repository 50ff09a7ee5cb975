import type Router from '@koa/router'
import type { Session } from '../../../lib/index.js'
import { formatSeconds } from '../kit/format.js'
import { type CartMemory, cart, type Fact } from './cart.js'
import { type Item, withItem, withoutItem } from './items.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    cart: readonly Item[]
  }
}

const AGE = 120

const lives = [
  { value: 'age', code: `setExpiry(${AGE})`, label: 'For two minutes from each change' },
  { value: 'browser', code: 'setExpiry(0)', label: 'Until the browser closes' },
  { value: 'settings', code: 'setExpiry(null)', label: 'For as long as the settings say' },
] as const

/** The cart on the server: one key of the session, with the items below it. */
export function sessionCart(): Router {
  return cart(memory)
}

const memory: CartMemory = {
  kind: 'session',
  lives,
  // #region items
  recall: async (ctx) => {
    const session = await ctx.session
    return { items: session.get('cart', []), life: lifeOf(session), facts: factsOf(session) }
  },
  // #endregion
  // #region add
  add: async (ctx, item, life) => {
    const session = await ctx.session
    // Two tabs that add at the same moment: the later one adds to what the earlier one stored.
    session.transform('cart', (items = []) => withItem(items, item))
    session.setExpiry(life === 'age' ? AGE : life === 'browser' ? 0 : null)
  },
  // #endregion
  remove: async (ctx, name) => {
    const session = await ctx.session
    if (!session.has('cart')) return
    const left = session.transform('cart', (items = []) => withoutItem(items, name))
    if (left.length === 0) session.setExpiry(null)
  },
  empty: async (ctx) => {
    const session = await ctx.session
    session.delete('cart')
    // It was given an end for the cart's sake; what else is in the session need not go with it.
    session.setExpiry(null)
  },
}

function lifeOf(session: Session): string {
  if (session.getExpireAtBrowserClose()) return 'browser'
  return session.getExpiryAge() === AGE ? 'age' : 'settings'
}

function factsOf(session: Session): readonly Fact[] {
  const age = session.getExpiryAge()
  const endsWithBrowser = session.getExpireAtBrowserClose()
  return [
    {
      id: 'expiry-age',
      code: 'getExpiryAge()',
      answer: String(age),
      meaning: `${age === 1 ? 'second' : 'seconds'} from each save on: ${formatSeconds(age)}`,
    },
    {
      id: 'browser-close',
      code: 'getExpireAtBrowserClose()',
      answer: String(endsWithBrowser),
      meaning: endsWithBrowser ? 'the cookie goes when the browser closes' : 'the cookie has a date',
    },
  ]
}
