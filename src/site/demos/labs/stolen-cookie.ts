import Router from '@koa/router'
import { askSelf } from '../kit/own-request.js'
import { seeOther, show } from '../kit/page.js'
import { endBoth, type Labs, newMember, using } from './sessions.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    /** The value of the visitor's cookie, as the thief copied it. */
    loot: string
    /** What the thief was answered, the last one at the end. */
    tries: readonly Try[]
  }
}

/** A request of the thief. */
interface Try {
  /** 0 if there was no answer. */
  readonly status: number
  readonly body: string
  /** Whether it was sent after "Log out everywhere else". */
  readonly after: boolean
}

const HERE = '/labs/stolen-cookie'
/** The thief's requests that the page lists. */
const MOST_TRIES = 4

/** A thief copies the visitor's cookie, is in, and is thrown out. */
export function stolenCookie({ lab, attacker }: Pick<Labs, 'lab' | 'attacker'>): Router {
  const router = new Router({ prefix: HERE })
  const { sessions, cookieName } = lab
  router.use(...using(lab, attacker))

  // #region members
  router.get('/members', async (ctx) => {
    const { user } = await ctx.lab
    ctx.status = user ? 200 : 401
    ctx.body = user ? `Welcome, ${user}.` : 'Log in first.'
  })
  // #endregion

  router.get('/', async (ctx) => {
    const session = await ctx.lab
    const thief = await ctx.attacker
    const loot = thief.get('loot')
    const locals = {
      cookieName,
      notebook: attacker.cookieName,
      user: session.user,
      value: session.user && session.id,
      loot,
      tries: thief.get('tries', []),
      // The id in the browser is no longer the one that was copied.
      isOver: loot !== undefined && session.id !== loot,
    }
    show(ctx, { view: 'labs/stolen-cookie', title: 'A stolen cookie', locals, sources })
  })

  router.post('/log-in', async (ctx) => {
    const session = await ctx.lab
    if (!session.user) session.login(newMember())
    seeOther(ctx, HERE)
  })

  // #region steal
  router.post('/steal', async (ctx) => {
    const { user, id } = await ctx.lab
    const thief = await ctx.attacker
    // The visitor's own cookie only: no form names one.
    if (user && id) {
      thief.set('loot', id)
      // The notebook may have been planted itself.
      thief.cycleKey()
    }
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region use
  router.post('/use', async (ctx) => {
    const thief = await ctx.attacker
    const session = await ctx.lab
    const loot = thief.get('loot')
    if (loot === undefined) return seeOther(ctx, HERE)
    // A real request over HTTP, with the stolen cookie.
    const { status, body } = await askSelf(ctx, {
      path: `${HERE}/members`,
      cookie: `${cookieName}=${loot}`,
    })
    const one = { status, body, after: session.id !== loot }
    thief.transform('tries', (tries = []) => [...tries, one].slice(-MOST_TRIES))
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region end-others
  router.post('/end-others', async (ctx) => {
    const session = await ctx.lab
    if (session.user) {
      // Every other session of this user ends …
      await sessions.revokeOthers(session)
      // … and this one gets a new id: whoever copied
      // the cookie has the same session as its owner.
      session.cycleKey()
    }
    seeOther(ctx, HERE)
  })
  // #endregion

  router.post('/start-again', async (ctx) => {
    await endBoth(ctx)
    seeOther(ctx, HERE)
  })

  return router
}

const sources = ['use', 'end-others', 'members', 'steal'].map(
  (region) => `demos/labs/stolen-cookie.ts#${region}`,
)
