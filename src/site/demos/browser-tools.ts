import Router from '@koa/router'
import type { Sessions } from '../../lib/index.js'
import { directoryOf, fileOf, redisKeyOf, storeKeyOf } from '../../lib/internal.js'
import { digest } from '../inspector/cookies.js'
import { shortened } from '../inspector/stored-record.js'
import { isForThisMachine, type SiteSettings } from '../settings.js'
import { seeOther, show } from './kit/page.js'
import { allCookies } from './kit/plain-cookie.js'

declare module '../../lib/index.js' {
  interface SessionData {
    /** Begins a session of which the tools have something to show. */
    lookedFor: string
  }
}

const HERE = '/browser-tools'

/** Rows of the table: a browser may send thousands of short cookies. */
const MOST_ROWS = 50

export interface BrowserToolsParts {
  readonly sessions: Sessions
  readonly settings: SiteSettings
}

/** Where cookies and the record are seen without this site's help: in the browser's own tools and in the store. */
export function browserTools({ sessions, settings }: BrowserToolsParts): Router {
  const router = new Router({ prefix: HERE })

  router.get('/', async (ctx) => {
    const { id } = await ctx.session
    const cookies = allCookies(ctx)
    const locals = {
      // `ctx.origin` is the header of that name, which a link does not send.
      origin: `${ctx.protocol}://${ctx.host}`,
      cookieName: settings.cookieName,
      cookies: cookies.slice(0, MOST_ROWS),
      left: Math.max(0, cookies.length - MOST_ROWS),
      id: id === undefined ? undefined : digest(id),
      engine: sessions.engine.name,
      isOwn: isForThisMachine(settings),
      command: id === undefined || !isForThisMachine(settings) ? undefined : commandFor(id, settings),
    }
    const sources = ['demos/browser-tools.ts#begin', 'demos/browser-tools.ts#command']
    show(ctx, { view: 'browser-tools', title: 'In your browser’s own tools', locals, sources })
  })

  // #region begin
  router.post('/begin', async (ctx) => {
    const session = await ctx.session
    session.set('lookedFor', 'and found')
    seeOther(ctx, HERE)
  })
  // #endregion

  return router
}

// #region command
/** What shows the record of this session in a terminal. The key is a hash of the id, and its beginning is enough. */
function commandFor(id: string, settings: SiteSettings): string | undefined {
  const { keyPrefix, databaseUrl } = settings
  const key = storeKeyOf(keyPrefix, id)
  const like = (column: string): string =>
    `SELECT * FROM tessera_sessions WHERE ${column} LIKE '${shortened(key).replace('…', '%')}'`
  switch (settings.engine) {
    case 'db':
    case 'cached_db':
      if (/^postgres/.test(databaseUrl)) return `psql "$DATABASE_URL" -c "${like('key')}"`
      if (/^(mysql|mariadb)/.test(databaseUrl))
        return `mariadb ${new URL(databaseUrl).pathname.slice(1)} -e "${like('id')}"`
      if (databaseUrl.includes(':memory:')) return undefined
      return `sqlite3 ${databaseUrl.replace(/^sqlite:(\/\/)?|\?.*$/g, '')} "${like('key')}"`
    case 'redis':
      return `redis-cli --scan --pattern '${shortened(redisKeyOf(keyPrefix, key)).replace('…', '*')}' | xargs redis-cli GET`
    case 'file':
      return `cat ${shortened(fileOf(directoryOf(settings), `${keyPrefix}:`, key)).replace('…', '*')}`
    default:
      return undefined
  }
}
// #endregion
