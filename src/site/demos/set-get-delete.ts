import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Session } from '../../lib/index.js'
import { readCookies } from '../../lib/internal.js'
import { digest } from '../inspector/cookies.js'
import { recording } from '../inspector/recording.js'
import { line, readForm, type Typed } from './kit/form.js'
import { formatMoment, formatSeconds } from './kit/format.js'
import { type Page, queryValue, seeOther, show } from './kit/page.js'
import { sessionEntries } from './kit/session-entries.js'
import type { Variants } from './variants.js'

declare module '../../lib/index.js' {
  interface SessionData {
    name: string
    /** Stands beside the name, so that there is something to delete when the name is gone. */
    greeting: string
  }
}

export interface SetGetDeleteParts {
  readonly short: Variants['short']
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

const HERE = '/sessions/set-get-delete'

const naming = z.object({ name: line('A name') })

/**
 * Set a session, get it, delete it, or let it expire: it lives for thirty seconds, as with COOKIE_AGE=30. Its cookie stays
 * until the browser closes, so that the browser goes on sending it when the record has ended.
 */
export function setGetDelete({ short, clock }: SetGetDeleteParts): Router {
  const router = new Router({ prefix: HERE })
  // #region short
  // Here ctx.session is one that ends soon.
  router.use(short.sessions.middleware())
  // #endregion

  router.get('/', (ctx) => steps(ctx))

  // #region set
  router.post('/set', async (ctx) => {
    const form = readForm(ctx, naming)
    if (!form.ok) return steps(ctx, form, 422)
    const session = await ctx.session
    session.set('name', form.value.name)
    session.set('greeting', 'Hello')
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region get
  router.get('/get', async (ctx) => {
    const session = await ctx.session
    const name = session.get('name') // undefined: never set, deleted, or over
    const greeting = session.get('greeting', 'Good day') // the default, if there is no such key
    const locals = { name, greeting, answers: answersOf(session) }
    await page(ctx, { view: 'get', title: 'Get session', locals })
  })
  // #endregion

  // #region delete
  router.post('/delete', async (ctx) => {
    const session = await ctx.session
    const next = pageAfter(session)
    session.delete('name') // the session stays
    seeOther(ctx, next)
  })

  router.post('/clear', async (ctx) => {
    const session = await ctx.session
    const next = pageAfter(session)
    session.clear() // every key goes, the session stays
    seeOther(ctx, next)
  })

  router.post('/flush', async (ctx) => {
    const session = await ctx.session
    const next = pageAfter(session)
    session.flush() // data, record and cookie
    seeOther(ctx, next)
  })
  // #endregion

  router.get('/deleted', (ctx) => {
    const locals = { isLate: queryValue(ctx, 'late') !== undefined }
    return page(ctx, { view: 'delete', title: 'Delete session', locals })
  })

  function steps(ctx: Context, form: { typed?: Typed; problems?: Typed } = {}, status = 200): Promise<void> {
    const { typed = { name: 'Ada' }, problems = {} } = form
    return page(ctx, { view: 'set', title: 'Set, get, delete', locals: { typed, problems } }, status)
  }

  async function page(ctx: Context, { view, title, locals = {} }: Page, status = 200): Promise<void> {
    show(
      ctx,
      {
        view: `set-get-delete-${view}`,
        title,
        locals: { ...locals, ...(await found(ctx)) },
        sources: [...(view === 'set' ? ['short'] : []), view, ...(view === 'get' ? ['missing'] : [])].map(
          (name) => `demos/set-get-delete.ts#${name}`,
        ),
        live: true,
      },
      status,
    )
  }

  /** The session of the browser's cookie, and its end. */
  async function found(ctx: Context): Promise<object> {
    const session = await ctx.session
    const { id } = session
    return {
      cookieName: short.cookieName,
      age: formatSeconds(short.age),
      // It waits in the address until the time is over.
      prediction: queryValue(ctx, 'prediction'),
      hasName: session.has('name'),
      entries: sessionEntries(session),
      id: id === undefined ? undefined : digest(id),
      // What came may lead to nothing.
      sent: readCookies(ctx.req.headers.cookie, short.cookieName).map(digest)[0],
      ends: id === undefined ? undefined : await endOf(id),
    }
  }

  /** The end that is stored. `getExpiryDate` answers the end that a save now would give. */
  async function endOf(id: string): Promise<object | undefined> {
    // The inspector does not count this call: it only shows what is stored.
    const loaded = await recording([], () => short.sessions.engine.load(id))
    if (loaded.kind !== 'found') return undefined
    const until = loaded.record.expires
    const left = formatSeconds(Math.max(0, Math.ceil((until - clock()) / 1000)))
    return { ...formatMoment(new Date(until)), until, left }
  }

  return router
}

/** The page after a deletion, asked for before it: if there was no session by then, that page judges nothing. */
function pageAfter({ id }: Session): string {
  return `${HERE}/deleted${id === undefined ? '?late' : ''}`
}

// #region missing
/** What a session answers for a key that is there and for one that is not. */
function answersOf(session: Session): readonly { call: string; answer: unknown }[] {
  return [
    { call: "get('name')", answer: session.get('name') },
    { call: "has('colour')", answer: session.has('colour') },
    { call: "get('colour')", answer: session.get('colour') },
    { call: "get('colour', 'red')", answer: session.get('colour', 'red') },
  ]
}
// #endregion
