import type Koa from 'koa'
import type { Context } from 'koa'
import { replaceSession } from '../middleware/property.js'
import type { KoaSessionOptions } from './options.js'
import { RequestObject } from './request.js'

const OBJECT = Symbol('tessera.koa-session')

interface WithObject {
  [OBJECT]?: { of?: RequestObject; options: KoaSessionOptions }
}

/** What `ctx.session` goes to. */
export function objectOf(ctx: Context): RequestObject {
  const holder: Context & WithObject = ctx
  const held = holder[OBJECT]
  if (held?.of !== undefined && Object.hasOwn(holder, OBJECT)) return held.of
  const options = held?.options ?? {}
  const of = new RequestObject(ctx, options)
  holder[OBJECT] = { of, options }
  return of
}

/** Once an application. Of two middlewares the first one's options count, as with koa-session. */
export function extend(app: Koa, options: KoaSessionOptions): void {
  if (Object.hasOwn(app.context, OBJECT)) return
  Object.defineProperty(app.context, OBJECT, { value: { options }, writable: true })
  replaceSession(app.context, {
    configurable: true,
    get(this: Context) {
      return objectOf(this).get()
    },
    set(this: Context, value: unknown) {
      objectOf(this).set(value)
    },
  })
  Object.defineProperty(app.context, 'sessionOptions', {
    configurable: true,
    get(this: Context) {
      return objectOf(this).options
    },
  })
}
