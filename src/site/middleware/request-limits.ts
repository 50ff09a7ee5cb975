import type { Middleware } from 'koa'
import bodyParser from 'koa-bodyparser'

/** The longest request target: RFC 9110 (4.1) recommends to accept at least as much. Characters. */
const LONGEST_TARGET = 8000

/** Answers a longer request target with 414, before anything parses it. */
export function limitTarget(): Middleware {
  return (ctx, next) => {
    if (ctx.req.url !== undefined && ctx.req.url.length > LONGEST_TARGET) ctx.throw(414)
    return next()
  }
}

/** Parses forms of at most 100 kB, decompressed. What cannot be decompressed is the client's fault: 400. */
export function forms(): Middleware {
  return bodyParser({
    enableTypes: ['form'],
    formLimit: '100kb',
    onerror(error, ctx) {
      // Node's zlib throws these without a status: Z_DATA_ERROR, Z_BUF_ERROR, ERR__ERROR_FORMAT_PADDING_1, for example.
      const { code } = error as NodeJS.ErrnoException
      if (code !== undefined && /^(Z_|ERR_)/.test(code))
        ctx.throw(400, 'the body cannot be decompressed', { expose: false })
      throw error
    },
  })
}
