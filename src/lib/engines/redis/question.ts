import { connectionTo } from './connection.js'

/** Puts a question to a server. */
export type Put<Answer> = (
  ask: (command: readonly string[]) => Promise<unknown>,
  url: string,
) => Promise<Answer>

export interface Question<Answer> {
  /** What the first says that has an answer. Rejects when none has, with what each said. */
  readonly answer: Promise<Answer>
  /** Lets go of every socket. */
  destroy(): Promise<void>
}

/**
 * Asks several servers at the same moment, each on a connection of its own: one that says nothing, or needs long to
 * say that it does not know, costs those who ask no time.
 */
export function askAll<Answer>(
  urls: readonly string[],
  connectTimeout: number,
  put: Put<Answer>,
): Question<Answer> {
  const asked = urls.map((url) => askOne(url, connectTimeout, put))
  const destroy = async (): Promise<void> => {
    await Promise.all(asked.map((one) => one.destroy()))
  }
  const answer = Promise.any(asked.map((one) => one.answer))
    .catch((error: AggregateError) => {
      const said = error.errors.map((each) => (each instanceof Error ? each.message : String(each)))
      throw new Error([...new Set(said)].join('; '), { cause: error.errors[0] })
    })
    .finally(() => void destroy())
  return { answer, destroy }
}

function askOne<Answer>(url: string, connectTimeout: number, put: Put<Answer>): Question<Answer> {
  // The answer tells what went wrong.
  const { client, connect, destroy } = connectionTo({ url, connectTimeout, onLost: () => {} })
  const answer = connect().then(() => put((command) => client.sendCommand([...command]), url))
  return { answer, destroy }
}
