// A page that counts its visits.
//
//     npm install koa-tessera koa
//     node minimal.mjs
import Koa from 'koa'
import { openSessions } from 'koa-tessera'

// A file for each session, in var/sessions. For other engines see https://github.com/koa-tessera/koa-tessera#engines.
const sessions = await openSessions({ engine: 'file' })
const app = new Koa()

app.use(sessions.middleware())

app.use(async (ctx) => {
  // Browsers ask for /favicon.ico too.
  if (ctx.path !== '/') return
  const session = await ctx.session
  session.transform('visits', (visits = 0) => visits + 1)
  ctx.body = `visit ${session.get('visits')}`
})

app.listen(3000)
