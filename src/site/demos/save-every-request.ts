import Router from '@koa/router'
import type { Context } from 'koa'
import type { Session, Sessions } from '../../lib/index.js'
import { recording } from '../inspector/recording.js'
import { formatMoment, formatSeconds } from './kit/format.js'
import { seeOther, show } from './kit/page.js'
import type { Variants } from './variants.js'

declare module '../../lib/index.js' {
  interface SessionData {
    /** Begins a session of `Save on every request`. */
    watched: true
  }
}

export interface SaveEveryRequestParts extends Pick<Variants, 'short' | 'sliding'> {
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

const HERE = '/sessions/save-every-request'

/** Two sessions of thirty seconds. Reading moves the end of the one with SAVE_EVERY_REQUEST. */
export function saveEveryRequest({ short, sliding, clock }: SaveEveryRequestParts): Router {
  const router = new Router({ prefix: HERE })

  // #region on
  router.use('/off', short.sessions.middleware()) // SAVE_EVERY_REQUEST=false
  router.get('/off', (ctx) => read(ctx, 'off', short.sessions))
  router.post('/off/begin', (ctx) => begin(ctx, `${HERE}/off`))

  const on = sliding.sessions.middleware() // SAVE_EVERY_REQUEST=true
  router.get('/', on, (ctx) => read(ctx, 'on', sliding.sessions))
  router.post('/begin', on, (ctx) => begin(ctx, HERE))
  // #endregion

  // #region read
  /** Reads the session and changes nothing. */
  async function read(ctx: Context, setting: 'on' | 'off', { engine }: Sessions): Promise<void> {
    const session = await ctx.session
    const endOf = async ({ id }: Session): Promise<number | undefined> => {
      // The inspector does not count this call: it only shows what is stored.
      const loaded = id === undefined ? undefined : await recording([], () => engine.load(id))
      return loaded?.kind === 'found' ? loaded.record.expires : undefined
    }
    const before = await endOf(session)
    await page(ctx, setting, session, before, () => endOf(session))
  }
  // #endregion

  async function begin(ctx: Context, path: string): Promise<void> {
    const session = await ctx.session
    session.set('watched', true)
    seeOther(ctx, path)
  }

  async function page(
    ctx: Context,
    setting: 'on' | 'off',
    session: Session,
    before: number | undefined,
    endNow: () => Promise<number | undefined>,
  ): Promise<void> {
    const locals = {
      here: setting === 'on' ? HERE : `${HERE}/off`,
      isOn: setting === 'on',
      age: formatSeconds(sliding.age),
      mostAge: formatSeconds(sliding.mostAge),
      before: before === undefined ? undefined : formatMoment(new Date(before)),
      most: formatMoment(new Date(session.createdAt.getTime() + sliding.mostAge * 1000)),
    }
    show(ctx, {
      view: 'save-every-request',
      title: setting === 'on' ? 'Save on every request' : 'Save on change only',
      locals,
      sources: [...(setting === 'on' ? ['on'] : []), 'read'].map(
        (name) => `demos/save-every-request.ts#${name}`,
      ),
      live: true,
      after: async () => {
        const until = await endNow()
        if (until === undefined || before === undefined) return { ends: undefined }
        const left = formatSeconds(Math.max(0, Math.ceil((until - clock()) / 1000)))
        return {
          ends: { ...formatMoment(new Date(until)), until, left },
          moved: movedBy(until - before),
        }
      },
    })
  }

  return router
}

/** A move of so many milliseconds, in words. */
function movedBy(milliseconds: number): string {
  if (milliseconds === 0) return 'nothing'
  if (milliseconds < 1000) return 'less than a second'
  return formatSeconds(Math.round(milliseconds / 1000))
}
