// The same in CommonJS. `require` takes an ES module on Node 20.19 and later.
//
//     npm install koa-tessera koa
//     node commonjs.cjs
const Koa = require('koa')
const { openSessions } = require('koa-tessera')

async function main() {
  const sessions = await openSessions({ engine: 'file' })
  const app = new Koa()

  app.use(sessions.middleware())

  app.use(async (ctx) => {
    if (ctx.path !== '/') return
    const session = await ctx.session
    session.transform('visits', (visits = 0) => visits + 1)
    ctx.body = `visit ${session.get('visits')}`
  })

  app.listen(3000)
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
