/**
 * The process that makes the load: what it does must not be counted as a server's work. Takes orders on the channel,
 * one at a time.
 */
import { Crowd, type CrowdOptions, type Recount } from './crowd.js'
import type { Tally } from './tally.js'

export type Order =
  | ({ readonly do: 'begin' } & CrowdOptions)
  | { readonly do: 'closed'; readonly milliseconds: number; readonly atOnce: number }
  | { readonly do: 'open'; readonly rate: number }
  | { readonly do: 'interval' | 'end' | 'recount' }

/** One crowd for each set of servers, by number. */
const crowds = new Map<number, Crowd>()

async function carryOut(order: Order & { crowd: number }): Promise<Tally | Recount | undefined> {
  if (order.do === 'begin') {
    const crowd = new Crowd(order)
    crowds.set(order.crowd, crowd)
    return crowd.begin()
  }
  const crowd = crowds.get(order.crowd)
  if (crowd === undefined) throw new Error(`there is no crowd ${order.crowd}`)
  if (order.do === 'closed') return crowd.closed(order.milliseconds, order.atOnce)
  if (order.do === 'open') {
    crowd.open(order.rate)
    return undefined
  }
  if (order.do === 'interval') return crowd.interval()
  if (order.do === 'end') return crowd.end()
  return crowd.recount()
}

process.on('message', async ({ number, ...order }: Order & { number: number; crowd: number }) => {
  process.send?.({ number, answer: await carryOut(order) })
})
process.on('disconnect', () => process.exit())
