import { BlockList, isIPv6 } from 'node:net'
import type { Context, Middleware } from 'koa'
import { Counter, collectDefaultMetrics, Registry } from 'prom-client'
import { sessionEventNames } from '../../lib/index.js'
import type { Events } from '../../lib/internal.js'

export interface MetricsOptions {
  /** Whose events are counted. */
  readonly sessions: Pick<Events, 'on'>
  /** Who may ask: programs on this machine, or whoever reaches the port. */
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
    // There from the start: from nothing to 1 is an increase that Prometheus would not see.
    count.inc(0)
    sessions.on(event, () => count.inc())
  }
  let isAsked = false
  return async (ctx, next) => {
    if (ctx.path !== '/metrics' || (open === 'to this machine' && !isFromHere(ctx))) return next()
    // What the process uses is not measured before somebody wants to know.
    if (!isAsked) collectDefaultMetrics({ register })
    isAsked = true
    ctx.type = register.contentType
    ctx.set('Cache-Control', 'no-store')
    ctx.body = await register.metrics()
  }
}

const here = new BlockList()
here.addSubnet('127.0.0.0', 8, 'ipv4')
here.addAddress('::1', 'ipv6')

/** By the socket, not by what a header says. A proxy or a tunnel on this machine asks for others, and says so. */
function isFromHere({ req }: Context): boolean {
  const address = req.socket.remoteAddress ?? ''
  const forwarded = req.headers['x-forwarded-for'] ?? req.headers.forwarded
  return forwarded === undefined && here.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
