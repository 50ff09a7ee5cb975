import { setTimeout as pause } from 'node:timers/promises'
import type { OwnServer } from '../../test/support/servers/own-server.js'
import type { Answer } from './load/connection.js'
import { visit } from './load/visit.js'
import { textOf, Visitor } from './load/visitor.js'
import type { Server } from './server.js'

const VISITORS = 20
/** How long the store is there, gone, and there again: milliseconds. */
const PHASE = 700
/** Between an answer and the same visitor's next request: milliseconds. */
const PAUSE = 5

export interface Outage {
  readonly answers: number
  /** 500 and above: the visitor is told, and keeps the session. */
  readonly refused: number
  /** What claims to be right and is not, or logs somebody out; with an example. */
  readonly wrong: number
  readonly example: string | undefined
  /** Requests that were not answered within ten seconds, or whose connection was closed. */
  readonly unanswered: number
  /** Whether the process ended. */
  readonly crashed: boolean
}

/** Visitors who read and write while the store is killed and started again. */
export async function outlastsOutage(server: Server, store: OwnServer): Promise<Outage> {
  const tally = { answers: 0, refused: 0, wrong: 0, unanswered: 0, example: undefined as string | undefined }
  const visitors = Array.from({ length: VISITORS }, () => new Watched())
  await Promise.all(visitors.map((one) => visit(server.port, 'create', one.visitor)))

  let goesOn = true
  const visits = visitors.map(async (one, place) => {
    for (let turn = place; goesOn && server.isUp; turn++) {
      const path = turn % 2 === 0 ? 'read' : 'write'
      const answer = await visit(server.port, path, one.visitor)
      if (answer === undefined) tally.unanswered++
      else {
        tally.answers++
        const verdict = one.judge(path, answer)
        if (verdict === 'refused') tally.refused++
        else if (verdict !== 'right') {
          tally.wrong++
          tally.example ??= `${path}: ${verdict}`
        }
      }
      await pause(PAUSE)
    }
  })
  await pause(PHASE)
  await store.stop()
  await pause(PHASE)
  await store.start()
  await pause(PHASE)
  goesOn = false
  await Promise.all(visits)
  return { ...tally, crashed: !server.isUp }
}

/** A visitor, and what the session may hold: whether a write that was refused was done is open. */
class Watched {
  readonly visitor = new Visitor()
  #least = 1
  #most = 1

  judge(path: 'read' | 'write', { status, head, body }: Answer): 'right' | 'refused' | string {
    if (path === 'write') this.#most++
    if (!this.visitor.hasCookies) return 'logged out'
    if (status >= 500) return /\r\nset-cookie:/i.test(head) ? `${status} with a cookie` : 'refused'
    const counter = Number.parseInt(body, 10)
    const least = path === 'write' ? this.#least + 1 : this.#least
    const most = this.#most
    // What was said once stands: the next answer is judged by it.
    if (counter > 0) this.#least = this.#most = counter
    const isRight = status === 200 && body === textOf(counter) && counter >= least && counter <= most
    return isRight
      ? 'right'
      : `${status} ${body}, where the counter stands at ${least}${most > least ? ` to ${most}` : ''}`
  }
}
