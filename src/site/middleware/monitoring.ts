import type { Middleware } from 'koa'
import { Counter, collectDefaultMetrics, Registry } from 'prom-client'
import { type Engine, type Sessions, sessionEventNames } from '../../lib/index.js'
import { isFromThisMachine } from './requests.js'

/** Written like an id, but no session has it. */
const NOBODY = '0'.repeat(32)

/**
 * For whatever watches the process. `/healthz`: the process answers; restart it if not. `/readyz`: the store answers too;
 * send no visitors if not.
 */
export function health(engine: Engine): Middleware {
  return async (ctx, next) => {
    if (ctx.path === '/healthz') {
      ctx.body = 'ok'
    } else if (ctx.path === '/readyz') {
      // Throws EngineUnavailable, which is answered with 503, within the engine's time limit.
      await engine.load(NOBODY)
      ctx.body = 'ready'
    } else {
      await next()
    }
  }
}

export interface MetricsOptions {
  /** The sessions whose events are counted. */
  readonly sessions: Pick<Sessions, 'on'>
  /** Who may read them: programs on this machine, or everybody who reaches the port. */
  readonly open: 'to this machine' | 'to everybody'
}

/** `/metrics` in Prometheus' text format: how often each session event happened, and what the process uses. */
export function metrics({ sessions, open }: MetricsOptions): Middleware {
  const register = new Registry()
  const counter = new Counter({
    name: 'tessera_session_events_total',
    help: 'Session events by name, since the process started.',
    labelNames: ['event'],
    registers: [register],
  })
  for (const event of sessionEventNames) {
    const count = counter.labels(event)
    // Prometheus sees an increase from 0 to 1, but none from nothing to 1.
    count.inc(0)
    sessions.on(event, () => count.inc())
  }
  let isCollecting = false
  return async (ctx, next) => {
    if (ctx.path !== '/metrics' || (open === 'to this machine' && !isFromThisMachine(ctx))) return next()
    // Measuring the process costs something, so it begins with the first request for it.
    if (!isCollecting) collectDefaultMetrics({ register })
    isCollecting = true
    ctx.type = register.contentType
    ctx.set('Cache-Control', 'no-store')
    ctx.body = await register.metrics()
  }
}
