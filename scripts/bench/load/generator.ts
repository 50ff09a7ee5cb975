/**
 * The process that makes the load: what it does must not be counted as a server's work. Takes orders on the channel,
 * one at a time.
 */
import { type Loaded, Site, type Stretch } from './site.js'

export type Order =
  | { readonly do: 'seed'; readonly port: number; readonly sessions: number; readonly hasSessions: boolean }
  | { readonly do: 'adopt'; readonly port: number; readonly cookie: string; readonly ids: readonly string[] }
  | ({ readonly do: 'load'; readonly port: number } & Stretch)
  | { readonly do: 'leave'; readonly port: number }

const sites = new Map<number, Site>()

async function carryOut(order: Order): Promise<Loaded | undefined> {
  if (order.do === 'seed') {
    const site = new Site(order.port, order.hasSessions)
    sites.set(order.port, site)
    await site.seed(order.sessions)
    return undefined
  }
  if (order.do === 'adopt') {
    const site = new Site(order.port, true)
    sites.set(order.port, site)
    site.adopt(order.cookie, order.ids)
    return undefined
  }
  const site = sites.get(order.port)
  if (site === undefined) throw new Error(`nobody has been to port ${order.port}`)
  if (order.do === 'load') return site.load(order)
  site.close()
  sites.delete(order.port)
  return undefined
}

process.on('message', async ({ number, ...order }: Order & { number: number }) => {
  process.send?.({ number, answer: await carryOut(order) })
})
process.on('disconnect', () => process.exit())
