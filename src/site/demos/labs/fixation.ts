import { randomBytes } from 'node:crypto'
import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { digest } from '../../inspector/cookies.js'
import { readForm } from '../kit/form.js'
import { askSelf, cookieIn } from '../kit/own-request.js'
import { queryValue, seeOther, show } from '../kit/page.js'
import { rawPlainCookie, removePlainCookie, setPlainCookie, setRawCookie } from '../kit/plain-cookie.js'
import { CARELESS_COOKIE, CarelessSessions } from './careless.js'
import { endBoth, type Labs, newMember, using } from './sessions.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    /** What the attacker planted in each application, and what came of it. */
    fixation: PlantedIn
    /** How often the page for everybody was seen. */
    visits: number
  }
}

const apps = ['careless', 'tessera'] as const
type App = (typeof apps)[number]

interface Planted {
  readonly id: string
  /** Whether the server gave the id to the attacker; else the attacker made it up. */
  readonly given: boolean
  /** Whether the visitor has logged in since. */
  readonly loggedIn: boolean
  /** What the attacker was answered. */
  readonly seen?: { readonly status: number; readonly body: string }
}

type PlantedIn = Readonly<Partial<Record<App, Planted>>>

const HERE = '/labs/fixation'
const choice = z.object({ app: z.enum(apps), id: z.enum(['given', 'made-up', '']) })

/** An attacker plants an id before the log-in, in an application that keeps it and in one that does not. */
export function fixation({ lab, attacker }: Pick<Labs, 'lab' | 'attacker'>): Router {
  const router = new Router({ prefix: HERE })
  const careless = new CarelessSessions()
  const cookieOf = { careless: CARELESS_COOKIE, tessera: lab.cookieName } as const
  router.use(...using(lab, attacker))

  router.get('/', async (ctx) => {
    const session = await ctx.lab
    const planted = await plantedBy(ctx)
    const now = { careless: rawPlainCookie(ctx, CARELESS_COOKIE), tessera: session.id }
    // Another lab may have logged in: the labs share a session.
    const users = { careless: careless.userUnder(now.careless), tessera: session.user }
    const locals = {
      notebook: attacker.cookieName,
      // The application whose planted id was to be sent before there was one.
      missing: queryValue(ctx, 'missing'),
      apps: apps.map((app) => ({
        app,
        cookieName: cookieOf[app],
        planted: planted[app] && { ...planted[app], id: digest(planted[app].id) },
        now: now[app] && digest(now[app]),
        user: users[app],
      })),
    }
    show(ctx, { view: 'labs/fixation', title: 'Session fixation', locals, sources })
  })

  // Two applications that tell who is logged in, and have nothing else in common.
  const answer = (ctx: Context, user: string | undefined): void => {
    ctx.status = user ? 200 : 401
    ctx.body = user ? `Welcome, ${user}.` : 'Nobody is logged in with that id.'
  }
  router.get('/careless/members', (ctx) => answer(ctx, careless.userOf(ctx)))
  router.get('/tessera/members', async (ctx) => answer(ctx, (await ctx.lab).user))
  // A first visit begins a session in both, as putting something into a cart does.
  router.get('/careless/visit', (ctx) => {
    ctx.body = `Your id is ${digest(careless.idOf(ctx))}`
  })
  router.get('/tessera/visit', async (ctx) => {
    const session = await ctx.lab
    session.transform('visits', (before = 0) => before + 1)
    ctx.body = 'You have a session.'
  })

  // #region plant
  router.post('/plant', async (ctx) => {
    const form = readForm(ctx, choice)
    if (!form.ok) return ctx.throw(400)
    const { app } = form.value
    const given = form.value.id === 'given'
    const id = given ? await idFor(ctx, app) : madeUp()
    if (app === 'careless') setPlainCookie(ctx, CARELESS_COOKIE, id)
    else setRawCookie(ctx, lab.cookieName, id)
    await note(ctx, app, () => ({ id, given, loggedIn: false }))
    const notebook = await ctx.attacker
    // The notebook may have been planted itself.
    notebook.cycleKey()
    seeOther(ctx, HERE)
  })

  /** The attacker visits the application, and is given an id. */
  async function idFor(ctx: Context, app: App): Promise<string> {
    const visit = await askSelf(ctx, { path: `${HERE}/${app}/visit`, cookie: '' })
    return cookieIn(visit, cookieOf[app]) ?? madeUp()
  }
  // #endregion

  // #region log-in
  router.post('/log-in', async (ctx) => {
    const form = readForm(ctx, choice)
    if (!form.ok) return ctx.throw(400)
    const { app } = form.value
    const session = await ctx.lab
    if (app === 'careless') careless.logIn(ctx, newMember())
    // The data stays, the id changes.
    else session.login(newMember())
    await note(ctx, app, ({ id, given }) => ({ id, given, loggedIn: true }))
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region look
  router.post('/look', async (ctx) => {
    const form = readForm(ctx, choice)
    if (!form.ok) return ctx.throw(400)
    const { app } = form.value
    const id = (await plantedBy(ctx))[app]?.id
    if (!id) return seeOther(ctx, `${HERE}?missing=${app}`)
    const { status, body } = await askSelf(ctx, {
      path: `${HERE}/${app}/members`,
      cookie: `${cookieOf[app]}=${id}`,
    })
    await note(ctx, app, (before) => ({ ...before, seen: { status, body } }))
    seeOther(ctx, HERE)
  })
  // #endregion

  router.post('/start-again', async (ctx) => {
    await endBoth(ctx)
    removePlainCookie(ctx, CARELESS_COOKIE)
    seeOther(ctx, HERE)
  })

  return router
}

async function plantedBy(ctx: Context): Promise<PlantedIn> {
  const held = await ctx.attacker
  return held.get('fixation') ?? {}
}

/** Changes what the attacker notes about an application. */
async function note(ctx: Context, app: App, change: (before: Planted) => Planted): Promise<void> {
  const held = await ctx.attacker
  held.transform('fixation', (all = {}) => {
    const before = all[app] ?? { id: '', given: false, loggedIn: false }
    return { ...all, [app]: change(before) }
  })
}

/** Written like an id of a session. */
function madeUp(): string {
  return randomBytes(16).toString('hex')
}

const sources = [
  'demos/labs/careless.ts#careless',
  'demos/labs/fixation.ts#log-in',
  'demos/labs/fixation.ts#plant',
  'demos/labs/fixation.ts#look',
]
