import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { line, readForm, type Typed } from './kit/form.js'
import { formatMoment } from './kit/format.js'
import { queryValue, seeOther, show } from './kit/page.js'
import { plainCookie, removePlainCookie, setPlainCookie } from './kit/plain-cookie.js'

const HERE = '/cookies/date-time'
const COOKIE = 'date-time-name'

/** Forty characters can be thousands of bytes; a browser drops a cookie of more than 4096. */
const LONGEST_VALUE = 2000

const name = line('A name').refine((text) => encodeURIComponent(text).length <= LONGEST_VALUE, {
  error: 'A name of such characters is too long for a cookie.',
})
const introduction = z.object({ name })

/** A name in a plain cookie, and a page that greets with it and tells the time. */
export function cookieDateTime({ clock }: { readonly clock: () => number }): Router {
  const router = new Router({ prefix: HERE })

  router.get('/', (ctx) => formPage(ctx, { typed: { name: nameIn(ctx) ?? '' } }))

  // #region name
  router.post('/', (ctx) => {
    const form = readForm(ctx, introduction)
    if (!form.ok) return formPage(ctx, form, 422)
    setPlainCookie(ctx, COOKIE, form.value.name)
    seeOther(ctx, `${HERE}/hello`)
  })
  // #endregion

  router.get('/hello', (ctx) => greet(ctx, 'hello'))
  router.get('/result', (ctx) => greet(ctx, 'result'))

  // #region greet
  function greet(ctx: Context, step: 'hello' | 'result'): void {
    const name = nameIn(ctx)
    if (name === undefined) {
      // Without a name there is nobody to greet: the form asks for one.
      seeOther(ctx, `${HERE}?name=missing`)
    } else {
      const locals = { name, now: formatMoment(new Date(clock())) }
      show(ctx, { view: `date-time/${step}`, title: titles[step], locals, sources })
    }
  }
  // #endregion

  router.post('/forget', (ctx) => {
    removePlainCookie(ctx, COOKIE)
    seeOther(ctx, HERE)
  })

  return router
}

const titles = { hello: 'Hello', result: 'Date and time' }
const sources = ['demos/cookie-date-time.ts#name', 'demos/cookie-date-time.ts#greet']

// #region read
/** Whoever has the browser can write anything into the cookie, so it is checked like the form. */
function nameIn(ctx: Context): string | undefined {
  return name.safeParse(plainCookie(ctx, COOKIE)).data
}
// #endregion

function formPage(ctx: Context, form: { typed: Typed; problems?: Typed }, status = 200): void {
  const { typed, problems = {} } = form
  const locals = { typed, problems, known: nameIn(ctx), isMissing: queryValue(ctx, 'name') === 'missing' }
  const sources = ['demos/cookie-date-time.ts#name', 'demos/cookie-date-time.ts#read']
  show(ctx, { view: 'date-time/form', title: 'Name, then date and time', locals, sources }, status)
}
