import Router from '@koa/router'
import type { Context } from 'koa'
import type { Engine, Sessions } from '../../../lib/index.js'
import { recording } from '../../inspector/recording.js'
import { type SiteSettings, showsInternals } from '../../settings.js'
import { formatSeconds } from '../kit/format.js'
import { seeOther, show } from '../kit/page.js'
import { EngineChange } from '../labs/engine-change.js'
import { engineKinds } from './kinds.js'
import { type Subject, shapesOf } from './shapes.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    /** Gives the page about engines something to show. */
    engines: string
  }
}

const HERE = '/engines'

/** Written like an id, but no session has it. */
const NOBODY = 'abcdefghijklmnopqrstuvwxyz012345'

export interface EnginesParts {
  readonly sessions: Sessions
  readonly settings: SiteSettings
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** The visitor's session as each engine would store it. */
export function engines({ sessions, settings, clock }: EnginesParts): Router {
  const router = new Router({ prefix: HERE })
  const { engine } = sessions
  const isOpen = showsInternals(settings)
  const trial = new EngineChange(settings, clock)

  router.get('/', async (ctx) => {
    const own = isOpen ? await ownSubject(ctx, engine) : undefined
    const locals = {
      runs: engine.name,
      capabilities: capabilitiesOf(engine),
      kinds: engineKinds,
      ...(await shapesOf(own ?? exampleAt(clock(), settings), settings, clock)),
      isOpen,
      isOwn: own !== undefined,
      change: await trial.shown(await ctx.session),
    }
    const sources = ['keyed', 'cookies'].map((name) => `demos/engines/shapes.ts#${name}`)
    sources.push('demos/labs/engine-change.ts#change')
    show(ctx, { view: 'engines', title: 'Engines', locals, sources })
  })

  router.post('/log-in', async (ctx) => {
    await trial.logIn(ctx, await ctx.session)
    seeOther(ctx, HERE)
  })

  router.post('/count', async (ctx) => {
    await trial.count(await ctx.session)
    seeOther(ctx, HERE)
  })

  router.post('/change', async (ctx) => {
    trial.change(await ctx.session)
    seeOther(ctx, HERE)
  })

  router.post('/begin', async (ctx) => {
    const session = await ctx.session
    session.set('engines', engine.name)
    seeOther(ctx, HERE)
  })

  return router
}

/** The visitor's stored session; undefined if there is none. */
async function ownSubject(ctx: Context, engine: Engine): Promise<Subject | undefined> {
  const { id } = await ctx.session
  if (id === undefined) return undefined
  // Read again, to show what is stored now. The inspector does not count this call.
  const loaded = await recording([], () => engine.load(id))
  return loaded.kind === 'found' ? { id, record: loaded.record, version: Number(loaded.version) } : undefined
}

function exampleAt(now: number, { cookieAge }: SiteSettings): Subject {
  const data = { name: 'Ada', pageCount: 3 }
  return { id: NOBODY, record: { data, createdAt: now, expires: now + cookieAge * 1000 }, version: 1 }
}

function capabilitiesOf({ capabilities }: Engine) {
  const { revocable, shared, staleFor = 0 } = capabilities
  return { revocable, shared, stale: staleFor > 0 ? formatSeconds(staleFor / 1000) : undefined }
}
