import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { PlainCookie } from '../inspector/cookies.js'
import { formatMoment } from './kit/format.js'
import { seeOther, show } from './kit/page.js'
import { plainCookie, rawPlainCookie, removePlainCookie, setPlainCookie } from './kit/plain-cookie.js'

const HERE = '/cookies/lifetime'
const TEMPORARY = 'temporary'
const PERSISTENT = 'persistent'

/** Seconds. */
const MAX_AGE = 180

/** The value of both cookies: when they were set. */
const moment = z.iso
  .datetime()
  .transform((text) => new Date(text))
  .refine((date) => !Number.isNaN(date.getTime()))

/** Two cookies, one without an end and one with: the browser keeps one until it closes, and one for three minutes. */
export function cookieLifetime({ clock }: { readonly clock: () => number }): Router {
  const router = new Router({ prefix: HERE })
  const now = (): string => new Date(clock()).toISOString()

  router.get('/', (ctx) => {
    const temporary = broughtIn(ctx, TEMPORARY)
    const persistent = broughtIn(ctx, PERSISTENT)
    const ends = persistent.set && new Date(persistent.set.getTime() + MAX_AGE * 1000)
    const locals = {
      rows: [
        { name: TEMPORARY, ...temporary, ends: undefined },
        { name: PERSISTENT, ...persistent, ends },
      ],
      brought: [temporary.isThere ? TEMPORARY : [], persistent.isThere ? PERSISTENT : []]
        .flat()
        .join(' and '),
      maxAge: MAX_AGE,
      formatMoment,
    }
    show(ctx, { view: 'cookie-lifetime', title: 'Temporary and persistent', locals, sources })
  })

  // #region temporary
  router.post('/temporary', (ctx) => {
    setPlainCookie(ctx, TEMPORARY, now())
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region persistent
  router.post('/persistent', (ctx) => {
    setPlainCookie(ctx, PERSISTENT, now(), { maxAge: MAX_AGE })
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region delete
  router.post('/delete', (ctx) => {
    removePlainCookie(ctx, TEMPORARY)
    removePlainCookie(ctx, PERSISTENT)
    seeOther(ctx, HERE)
  })
  // #endregion

  return router
}

const sources = ['temporary', 'persistent', 'delete'].map((step) => `demos/cookie-lifetime.ts#${step}`)

interface Brought {
  readonly isThere: boolean
  /** When it was set, as its value says; undefined for a value that this site would not write. */
  readonly set: Date | undefined
}

/** A request brings a cookie's name and value only. The value says when it was set. */
function broughtIn(ctx: Context, cookie: PlainCookie): Brought {
  return {
    isThere: rawPlainCookie(ctx, cookie) !== undefined,
    set: moment.safeParse(plainCookie(ctx, cookie)).data,
  }
}
