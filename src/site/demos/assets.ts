import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Router from '@koa/router'

/** The library under our own style sheet. This server serves it, so no page depends on another one. */
const PICO = fileURLToPath(import.meta.resolve('@picocss/pico/css/pico.classless.min.css'))

/**
 * The pages' style sheets, scripts and pictures, at `/assets/<name>`. They are read once, when the app is made. Browsers
 * ask each time, and are answered 304 until a file changes.
 */
export function assets(directory: string): Router {
  const router = new Router()
  const own = readdirSync(directory).map((name) => join(directory, name))
  for (const path of [...own, PICO]) {
    const content = readFileSync(path)
    const etag = createHash('sha256').update(content).digest('base64url')
    router.get(`/assets/${basename(path)}`, (ctx) => {
      ctx.set('Cache-Control', 'no-cache')
      ctx.status = 200
      ctx.etag = etag
      if (ctx.fresh) {
        ctx.status = 304
        return
      }
      ctx.type = extname(path)
      ctx.body = content
    })
  }
  return router
}
