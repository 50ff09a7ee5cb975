import { createServer } from 'node:http'
import Koa from 'koa'
import { bareActs, SECRET } from './work.js'

/** A Koa server; `use` puts the sessions in front of the handlers. */
export function koaServer(acts = bareActs, use = () => {}) {
  const app = new Koa()
  app.keys = [SECRET]
  app.silent = true
  use(app)
  app.use(async (ctx) => {
    const act = acts[ctx.path]
    if (act !== undefined) ctx.body = await act(ctx)
  })
  return createServer(app.callback())
}
