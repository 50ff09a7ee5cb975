import { LONG_PATIENCE, visit } from './load/visit.js'
import { Visitor } from './load/visitor.js'
import type { Server } from './server.js'

export interface Lost {
  /** Writes that were answered with 200. */
  readonly done: number
  /** Of these, those of which the session knows nothing afterwards. */
  readonly lost: number
}

/** Servers on one store. */
export type Servers = readonly [Server, ...Server[]]

/**
 * One session, and `writes` requests that each set a key of their own, on all servers in turn: all have read the session
 * before the first writes it. They come from one browser: of the cookies that it gets the last one counts.
 */
export async function losesUpdates(servers: Servers, writes: number): Promise<Lost> {
  const visitor = new Visitor()
  await visit(servers[0].port, 'create', visitor)
  const answers = Array.from({ length: writes }, (_, number) =>
    visit(nth(servers, number).port, `disjoint?k${number}`, visitor, LONG_PATIENCE),
  )
  await fillGates(servers, writes)
  await openGates(servers)
  const done = (await Promise.all(answers)).filter((answer) => answer?.status === 200).length
  const kept = Number((await visit(servers[0].port, 'keys', visitor))?.body)
  return { done, lost: done - kept }
}

/** Resolves when `count` requests wait at all servers together, as many at each. */
async function fillGates(servers: Servers, count: number): Promise<void> {
  const { length } = servers
  await Promise.all(servers.map((server, place) => server.fillGate(Math.ceil((count - place) / length))))
}

async function openGates(servers: Servers): Promise<void> {
  await Promise.all(servers.map((server) => server.openGate()))
}

function nth(servers: Servers, number: number): Server {
  return servers[number % servers.length] ?? servers[0]
}

/**
 * `visitors` browsers that press "log out" while a request of theirs is under way that has read the session and is
 * going to write it, all at the same time. Answers how many have a session afterwards: with the cookie that they had
 * before, or with the one that they have now. They log out at another server than the one that is slow, where there is one.
 */
export async function revivesSessions(servers: Servers, visitors: number): Promise<number> {
  const { port } = servers[0]
  const browsers = Array.from({ length: visitors }, () => new Visitor())
  await Promise.all(browsers.map((browser) => visit(port, 'create', browser)))
  const before = browsers.map((browser) => browser.copy())

  const slow = browsers.map((browser, place) =>
    visit(nth(servers, place).port, 'slow', browser, LONG_PATIENCE),
  )
  await fillGates(servers, visitors)
  await Promise.all(browsers.map((browser, place) => visit(nth(servers, place + 1).port, 'log-out', browser)))
  await openGates(servers)
  await Promise.all(slow)

  const isLoggedIn = async (browser: Visitor): Promise<boolean> => {
    const answer = await visit(port, 'read', browser)
    return answer?.status === 200 && answer.body !== 'none'
  }
  const now = await Promise.all(browsers.map(isLoggedIn))
  const old = await Promise.all(before.map(isLoggedIn))
  return now.filter((loggedIn, index) => loggedIn || old[index] === true).length
}
