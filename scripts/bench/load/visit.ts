import { type Answer, Connection } from './connection.js'
import type { Visitor } from './visitor.js'

/** After this an answer that never comes counts as none: milliseconds. */
const PATIENCE = 10_000
/** The same in a race, whose requests wait for each other. */
export const LONG_PATIENCE = 120_000

/**
 * One request on a connection of its own; `undefined` where no answer came. The visitor takes its cookies.
 */
export async function visit(
  port: number,
  path: string,
  visitor: Visitor,
  backoff = PATIENCE,
): Promise<Answer | undefined> {
  const connection = new Connection(port)
  let timer: NodeJS.Timeout | undefined
  try {
    const answer = await new Promise<Answer | undefined>((resolve) => {
      timer = setTimeout(resolve, backoff, undefined)
      connection.ask(visitor.request(path), resolve)
    })
    if (answer !== undefined) visitor.take(answer)
    return answer
  } finally {
    clearTimeout(timer)
    connection.close()
  }
}
