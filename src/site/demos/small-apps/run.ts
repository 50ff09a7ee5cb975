import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type Koa from 'koa'
import type { Middleware } from 'koa'
import { csrf, openSessions, type Sessions } from '../../../lib/index.js'
import { silent } from '../kit/silent.js'

/** A request to a small app. */
export interface Asked {
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  /** The form's fields. */
  readonly fields?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly body: string
  /** The message of what a handler or middleware threw; undefined if nothing was thrown. */
  readonly thrown: string | undefined
}

/** Somebody who asks a small app, and keeps its cookies. */
export interface Client {
  ask(request: Asked): Promise<Answer>
  /** The `Cookie` header of the next request. */
  cookies(): string
}

/** How long the server waits for the answer of a small app: milliseconds. */
const PATIENCE = 5000

/** Of the small apps alone: what it signs is valid nowhere else. */
const secretKey = randomBytes(32).toString('base64url')

/** The check of forms, as the small apps use it. */
export function smallCsrf(): Middleware {
  return csrf({ secretKey, environment: 'development', logger: silent })
}

/** Each run is done at most so often, however many ask for it: it is the same each time. Milliseconds. */
export const RUN_INTERVAL = 10_000

/** Sessions in the memory of this process, for one run. Close them after it. */
export function openSmallSessions(): Promise<Sessions> {
  return openSessions({
    engine: 'cache',
    environment: 'development',
    secretKey,
    cleanupInterval: 0,
    logger: silent,
  })
}

/**
 * Serves the app on a free port of this machine while `visit` runs. Nobody else is told the port, and no visitor's data
 * reaches the app. `newClient` makes somebody without cookies.
 */
export async function withApp<Result>(
  app: Koa,
  visit: (newClient: () => Client) => Promise<Result>,
): Promise<Result> {
  const thrown: Error[] = []
  app.on('error', (error: Error) => thrown.push(error))
  const answer = app.callback()
  let over: Promise<unknown> = Promise.resolve()
  const server = createServer((req, res) => {
    // What is noticed when the response is over is thrown then: one turn later everybody has been told.
    over = once(res, 'close').then(() => setImmediate())
    answer(req, res)
  }).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new TypeError('the small app has no port')
    return await visit(() => clientOf(`http://127.0.0.1:${address.port}`, thrown, () => over))
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

function clientOf(url: string, thrown: Error[], over: () => Promise<unknown>): Client {
  const jar = new Map<string, string>()
  const cookies = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  return {
    cookies,
    async ask({ method, headers, fields }) {
      thrown.length = 0
      const response = await fetch(url, {
        method,
        headers: { ...headers, ...(jar.size > 0 && { Cookie: cookies() }) },
        ...(fields && { body: new URLSearchParams(fields) }),
        signal: AbortSignal.timeout(PATIENCE),
      })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? []
        jar.set(name, value)
      }
      const body = await response.text()
      await over()
      return { status: response.status, body, thrown: thrown[0]?.message }
    },
  }
}
