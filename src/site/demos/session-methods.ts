import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Session, Sessions } from '../../lib/index.js'
import { digest } from '../inspector/cookies.js'
import { readForm, type Typed } from './kit/form.js'
import { formatMoment, formatSeconds } from './kit/format.js'
import { queryValue, seeOther, show } from './kit/page.js'
import { seldom } from './kit/seldom.js'

declare module '../../lib/index.js' {
  interface SessionData {
    /** The last method that was called here. */
    lastCall: LastCall
  }
}

interface LastCall {
  /** The region of this file that called it. */
  readonly region: 'getters' | 'set-expiry' | 'set-date' | 'clear-expired' | 'cycle-key'
  readonly call: string
  readonly result: string
}

export interface SessionMethodsParts {
  /** The site's: its store is cleared. */
  readonly sessions: Sessions
  /** The sessions of this walkthrough. */
  readonly own: Sessions
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

const HERE = '/sessions/methods'
const DAY = 86_400
/** Browsers keep no cookie for longer (RFC 6265bis): seconds. */
const LONGEST_AGE = 400 * DAY

/** How often visitors may make the server sweep its store, which costs as much as it holds: milliseconds. */
const SWEEP_INTERVAL = 10_000

const getter = z.enum(['getExpiryAge', 'getExpiryDate', 'getExpireAtBrowserClose'])

const life = z.object({
  expiry: z
    .enum(['60', '0', 'null'], { error: 'Choose one of the three.' })
    .transform((text) => (text === 'null' ? null : Number(text))),
})

/** A moment as `datetime-local` sends it, read as UTC. It may be in the past. */
const ending = (now: number) =>
  z.object({
    until: z
      .string()
      .trim()
      .min(1, 'A moment is missing.')
      .pipe(
        z.iso.datetime({ local: true, error: 'A moment is a date and a time, such as 2030-01-31T12:00.' }),
      )
      .transform((text) => new Date(`${text}Z`))
      .refine((date) => date.getTime() <= now + LONGEST_AGE * 1000, {
        error: `A moment is at most ${LONGEST_AGE / DAY} days from now: no browser keeps a cookie for longer.`,
      }),
  })

/** A button for every method about a session's end. */
export function sessionMethods({ sessions, own, clock }: SessionMethodsParts): Router {
  const router = new Router({ prefix: HERE })
  router.use(own.middleware())
  const clearExpired = seldom(() => sessions.clearExpired(), SWEEP_INTERVAL, clock)

  // #region getters
  router.get('/', async (ctx) => {
    const session = await ctx.session
    const asked = getter.safeParse(queryValue(ctx, 'call'))
    if (!asked.success) return page(ctx)
    const answer = session[asked.data]()
    await page(ctx, { asked: asked.data, answer })
  })
  // #endregion

  // #region set-expiry
  router.post('/set-expiry', async (ctx) => {
    const form = readForm(ctx, life)
    if (!form.ok) return page(ctx, form, 422)
    const { expiry } = form.value
    const session = await ctx.session
    session.setExpiry(expiry) // 60, 0 or null
    remember(session, 'set-expiry', `setExpiry(${expiry})`)
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region set-date
  router.post('/set-date', async (ctx) => {
    const form = readForm(ctx, ending(clock()))
    if (!form.ok) return page(ctx, form, 422)
    const { until } = form.value
    const session = await ctx.session
    session.setExpiry(until) // a Date
    remember(session, 'set-date', `setExpiry(new Date('${until.toISOString()}'))`)
    // With a date in the past the session ends at once.
    seeOther(ctx, until.getTime() > clock() ? HERE : `${HERE}?ended`)
  })
  // #endregion

  // #region clear-expired
  router.post('/clear-expired', async (ctx) => {
    const cleared = await clearExpired() // sessions.clearExpired(), at most every ten seconds
    const session = await ctx.session
    remember(session, 'clear-expired', 'sessions.clearExpired()', String(cleared))
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region cycle-key
  router.post('/cycle-key', async (ctx) => {
    const session = await ctx.session
    const before = session.id ? digest(session.id) : 'none'
    session.cycleKey() // the data stays, the id goes
    remember(session, 'cycle-key', 'cycleKey()', before)
    seeOther(ctx, HERE)
  })
  // #endregion

  async function page(ctx: Context, given: Given = {}, status = 200): Promise<void> {
    const { asked, answer, problems = {} } = given
    const session = await ctx.session
    const ended = queryValue(ctx, 'ended') !== undefined && session.id === undefined
    const last = asked === undefined ? session.get('lastCall') : answerOf(asked, answer)
    const age = session.getExpiryAge()
    const locals = {
      last: status === 200 ? last : undefined,
      ended,
      age: { seconds: age, text: formatSeconds(age) },
      ends: formatMoment(session.getExpiryDate()),
      endsWithBrowser: session.getExpireAtBrowserClose(),
      id: session.id === undefined ? undefined : digest(session.id),
      until: given.typed?.until ?? new Date(clock() + DAY * 1000).toISOString().slice(0, 16),
      problems,
    }
    const region = ended ? 'set-date' : (last?.region ?? 'getters')
    const sources = [`demos/session-methods.ts#${region}`]
    show(ctx, { view: 'session-methods', title: 'Session methods', locals, sources }, status)
  }

  return router
}

interface Given {
  readonly asked?: string
  readonly answer?: unknown
  readonly typed?: Typed
  readonly problems?: Typed
}

function remember(session: Session, region: LastCall['region'], call: string, result = 'undefined'): void {
  session.set('lastCall', { region, call, result })
}

function answerOf(asked: string, answer: unknown): LastCall {
  const result = answer instanceof Date ? answer.toISOString() : String(answer)
  return { region: 'getters', call: `${asked}()`, result }
}
