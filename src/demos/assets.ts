import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import Router from '@koa/router'

/**
 * The pages' stylesheet and picture, at `/assets/<name>`. Read once, when the app is made; a browser asks again each
 * time and hears 304 until one of them changes.
 */
export function assets(directory: string): Router {
  const router = new Router()
  for (const name of readdirSync(directory)) {
    const content = readFileSync(join(directory, name))
    const etag = createHash('sha256').update(content).digest('base64url')
    router.get(`/assets/${name}`, (ctx) => {
      ctx.set('Cache-Control', 'no-cache')
      ctx.status = 200
      ctx.etag = etag
      if (ctx.fresh) {
        ctx.status = 304
        return
      }
      ctx.type = extname(name)
      ctx.body = content
    })
  }
  return router
}
