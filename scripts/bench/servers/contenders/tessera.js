import { openSessions } from '../../../../dist/index.js'
import { koaServer } from '../koa.js'
import { keyedActs, LIFE, SECRET } from '../work.js'

/**
 * As installed: the peers have neither the timeouts nor the HTTPS cookie of our production. More sessions in memory than the default, since `create`
 * makes many.
 */
export async function open({ directory, ...options }) {
  const sessions = await openSessions({
    environment: 'development',
    cookieAge: LIFE / 1000,
    secretKey: SECRET,
    databaseUrl: `sqlite:${directory}/sessions.sqlite`,
    filePath: `${directory}/sessions`,
    cacheMaxSessions: 150_000,
    ...options,
    logger: { warn() {}, error() {} },
  })
  const acts = keyedActs(
    (ctx) => ctx.session,
    async (ctx) => (await ctx.session).flush(),
  )
  return koaServer(acts, (app) => app.use(sessions.middleware()))
}
