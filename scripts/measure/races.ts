import type { Answer } from './connection.js'
import type { Server } from './server.js'
import { Visitor, visit } from './visitor.js'

/** Servers on one store. */
export type Servers = readonly [Server, ...Server[]]

/** Requests of a race wait for each other: milliseconds. */
const TIMEOUT = 120_000

export interface Lost {
  /** Writes that were answered with 200. */
  readonly done: number
  /** Of these, those of which the session knows nothing afterwards. */
  readonly lost: number
}

/**
 * One session, and `writes` requests that each set a key of their own, on all servers in turn. All have read the session
 * before the first writes it. They come from one browser, so the last cookie of all answers counts.
 */
export async function losesUpdates(servers: Servers, writes: number): Promise<Lost> {
  const visitor = new Visitor()
  await visit(servers[0].port, 'create', visitor)
  const requests = Array.from({ length: writes }, (_, number) =>
    visit(nth(servers, number).port, `disjoint?k${number}`, visitor, TIMEOUT),
  )
  const answers = await throughTheGate(servers, requests)
  const done = answers.filter((answer) => answer?.status === 200).length
  const kept = Number((await visit(servers[0].port, 'keys', visitor))?.body)
  return { done, lost: done - kept }
}

/**
 * `visitors` browsers that log out while a request of theirs is under way that has read the session and then writes it,
 * all at the same time; at another server, where there are several. Answers how many have a session afterwards, with the
 * cookie from before or with the one that they have now.
 */
export async function revivesSessions(servers: Servers, visitors: number): Promise<number> {
  const { port } = servers[0]
  const browsers = Array.from({ length: visitors }, () => new Visitor())
  await Promise.all(browsers.map((browser) => visit(port, 'create', browser)))
  const before = browsers.map((browser) => browser.copy())
  const slow = browsers.map((browser, index) => visit(nth(servers, index).port, 'slow', browser, TIMEOUT))
  await throughTheGate(servers, slow, async () => {
    await Promise.all(
      browsers.map((browser, index) => visit(nth(servers, index + 1).port, 'log-out', browser)),
    )
  })
  const isLoggedIn = async (browser: Visitor): Promise<boolean> => {
    const answer = await visit(port, 'read', browser)
    return answer?.status === 200 && answer.body !== 'none'
  }
  const now = await Promise.all(browsers.map(isLoggedIn))
  const old = await Promise.all(before.map(isLoggedIn))
  return now.filter((loggedIn, index) => loggedIn || old[index] === true).length
}

/** Waits until all requests have read their sessions, does `work`, and lets them write. */
async function throughTheGate(
  servers: Servers,
  requests: readonly Promise<Answer | undefined>[],
  work: () => Promise<void> = async () => {},
): Promise<(Answer | undefined)[]> {
  const { length } = servers
  await Promise.all(
    servers.map((server, index) => server.fillGate(Math.ceil((requests.length - index) / length))),
  )
  await work()
  await Promise.all(servers.map((server) => server.ask('openGate')))
  return Promise.all(requests)
}

function nth(servers: Servers, number: number): Server {
  return servers[number % servers.length] ?? servers[0]
}
