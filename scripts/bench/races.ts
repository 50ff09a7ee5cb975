import { LONG_PATIENCE, visit } from './load/visit.js'
import { Visitor } from './load/visitor.js'
import type { Server } from './server.js'

export interface Lost {
  /** Writes that were answered with 200. */
  readonly done: number
  /** Of these, those of which the session knows nothing afterwards. */
  readonly lost: number
}

/**
 * One session, and `writes` requests that each set a key of their own: all have read the session before the first
 * writes it. They come from one browser: of the cookies that it gets the last one counts.
 */
export async function losesUpdates(server: Server, writes: number): Promise<Lost> {
  const visitor = new Visitor()
  await visit(server.port, 'create', visitor)
  const answers = Array.from({ length: writes }, (_, number) =>
    visit(server.port, `disjoint?k${number}`, visitor, LONG_PATIENCE),
  )
  await server.fillGate(writes)
  await server.openGate()
  const done = (await Promise.all(answers)).filter((answer) => answer?.status === 200).length
  const kept = Number((await visit(server.port, 'keys', visitor))?.body)
  return { done, lost: done - kept }
}

/**
 * `visitors` browsers that press "log out" while a request of theirs is under way that has read the session and is
 * going to write it, all at the same time. Answers how many have a session afterwards: with the cookie that they had
 * before, or with the one that they have now.
 */
export async function revivesSessions(server: Server, visitors: number): Promise<number> {
  const { port } = server
  const browsers = Array.from({ length: visitors }, () => new Visitor())
  await Promise.all(browsers.map((browser) => visit(port, 'create', browser)))
  const before = browsers.map((browser) => browser.copy())

  const slow = browsers.map((browser) => visit(port, 'slow', browser, LONG_PATIENCE))
  await server.fillGate(visitors)
  await Promise.all(browsers.map((browser) => visit(port, 'log-out', browser)))
  await server.openGate()
  await Promise.all(slow)

  const isLoggedIn = async (browser: Visitor): Promise<boolean> => {
    const answer = await visit(port, 'read', browser)
    return answer?.status === 200 && answer.body !== 'none'
  }
  const now = await Promise.all(browsers.map(isLoggedIn))
  const old = await Promise.all(before.map(isLoggedIn))
  return now.filter((loggedIn, index) => loggedIn || old[index] === true).length
}
