import type Router from '@koa/router'
import type { Session } from '../../../lib/index.js'
import { formatSeconds } from '../kit/format.js'
import { type CartMemory, cart, type Fact, type Item, withItem, withoutItem } from './cart.js'

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

/** The cart on the server: the session has the items under one key. */
export function sessionCart(): Router {
  return cart(memory)
}

const memory: CartMemory = {
  kind: 'session',
  lives,
  // #region recall
  recall: async (ctx) => {
    const session = await ctx.session
    return { items: session.get('cart', []), life: lifeOf(session), facts: factsOf(session) }
  },
  // #endregion
  // #region add
  add: async (ctx, item, life) => {
    const session = await ctx.session
    // Two tabs that add at the same moment both count: transform runs on the newest cart.
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
    // The short life was for the cart. The rest of the session gets its usual life back.
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
      meaning: `${age === 1 ? 'second' : 'seconds'} from each save: ${formatSeconds(age)}`,
    },
    {
      id: 'browser-close',
      code: 'getExpireAtBrowserClose()',
      answer: String(endsWithBrowser),
      meaning: endsWithBrowser ? 'the cookie ends when the browser closes' : 'the cookie has a date',
    },
  ]
}
