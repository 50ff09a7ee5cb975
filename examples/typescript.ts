// A basket whose keys have types.
//
//     npm install koa-tessera koa && npm install --save-dev tsx typescript @types/node
//     npx tsx typescript.ts
import Koa from 'koa'
import { openSessions } from 'koa-tessera'

type Basket = Record<string, number>

declare module 'koa-tessera' {
  interface SessionData {
    basket: Basket
  }
}

const sessions = await openSessions({ engine: 'file' })
const app = new Koa()

app.use(sessions.middleware())

app.use(async (ctx) => {
  const session = await ctx.session

  if (ctx.method === 'POST' && ctx.path.startsWith('/basket/')) {
    const article = ctx.path.slice('/basket/'.length)
    // Applied to the newest basket, also where two tabs add at the same moment.
    session.transform('basket', (basket = {}) => ({ ...basket, [article]: (basket[article] ?? 0) + 1 }))
    ctx.status = 204
    return
  }

  if (ctx.path !== '/basket') return
  const basket: Basket = session.get('basket', {})
  ctx.body = basket
})

app.listen(3000)
