import Router from '@koa/router'
import type { Context } from 'koa'
import { isFromThisMachine } from '../../middleware/requests.js'
import { isForThisMachine, type SiteSettings } from '../../settings.js'
import { queryValue, seeOther, show } from '../kit/page.js'
import { NAMES, OtherOrigin } from './other-origin.js'
import { type Labs, using } from './sessions.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    /** Coins of the lab, which a form gives away. */
    coins: number
    /** The last form that arrived with this session's cookie. */
    payment: Payment
  }
}

/** What a browser said about a form. */
interface Payment {
  readonly path: string
  /** The headers, shortened; empty if they were not sent. */
  readonly origin: string
  readonly site: string
}

const HERE = '/labs/other-site'
const CHECKED = `${HERE}/pay`
const UNCHECKED = `${HERE}/pay-unchecked`
/** What a visitor begins with. */
const COINS = 10
/** Characters of a header that are kept. */
const LONGEST = 60

/** The path that `csrf()` lets pass, so that the lab can show what happens then. Nothing where the lab is off. */
export function uncheckedPaths(settings: SiteSettings): readonly string[] {
  return isOn(settings) ? [UNCHECKED] : []
}

/** A second site of this machine belongs to a server for this machine only. */
function isOn(settings: SiteSettings): boolean {
  return settings.own.otherSitePort !== undefined && isForThisMachine(settings)
}

/** A form on another site gives away the visitor's coins, until the form's origin is checked. */
export function otherSite({ lab }: Pick<Labs, 'lab'>, settings: SiteSettings): Router {
  const router = new Router({ prefix: HERE })
  const { otherSitePort: port, host } = settings.own
  const other = isOn(settings)
    ? new OtherOrigin({ host, port: port ?? 0, targets: { unchecked: UNCHECKED, checked: CHECKED } })
    : undefined
  router.use(...using(lab))

  router.get('/', async (ctx) => {
    const session = await ctx.lab
    const locals = {
      coins: session.get('coins'),
      payment: session.get('payment'),
      cameAlone: queryValue(ctx, 'came') === 'alone',
      ...(await linksFor(ctx)),
      here: ctx.hostname,
      checked: CHECKED,
      unchecked: UNCHECKED,
    }
    show(ctx, { view: 'labs/other-site', title: 'A form on another site', locals, sources })
  })

  router.post('/begin', async (ctx) => {
    const session = await ctx.lab
    session.set('coins', COINS)
    session.delete('payment')
    seeOther(ctx, HERE)
  })

  // #region pay
  async function pay(ctx: Context): Promise<void> {
    const session = await ctx.lab
    // Without the cookie this is nobody's purse.
    if (!session.has('coins')) return seeOther(ctx, `${HERE}?came=alone`)
    session.transform('coins', (before = 0) => Math.max(before - 1, 0))
    const origin = ctx.get('Origin').slice(0, LONGEST)
    const site = ctx.get('Sec-Fetch-Site').slice(0, LONGEST)
    session.set('payment', { path: ctx.path, origin, site })
    seeOther(ctx, HERE)
  }

  // csrf() has looked at this one before.
  router.post('/pay', pay)
  // This one is among its `exempt` paths.
  if (other) router.post('/pay-unchecked', pay)
  // #endregion

  /** Where the other site is, by the name that the visitor uses and by the other one. */
  async function linksFor(ctx: Context): Promise<{ links?: readonly Link[]; trouble?: string }> {
    const ours = ctx.req.socket.localPort
    if (other === undefined || ours === undefined || !isFromThisMachine(ctx)) return {}
    try {
      const at = await other.port(ours)
      const { hostname } = ctx
      const names = NAMES.includes(hostname)
        ? [hostname, ...NAMES.filter((name) => name !== hostname)]
        : [hostname]
      const links = names.map((name) => ({
        isSameSite: name === hostname,
        host: `${name}:${at}`,
        href: `http://${name}:${at}/?to=${encodeURIComponent(hostname)}`,
      }))
      return { links }
    } catch (error) {
      return { trouble: `OTHER_SITE_PORT=${port}: ${String(error)}` }
    }
  }

  return router
}

interface Link {
  readonly isSameSite: boolean
  readonly host: string
  readonly href: string
}

const sources = ['demos/labs/other-site.ts#pay', 'demos/index.ts#csrf']
