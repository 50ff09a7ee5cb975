import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What a server needs for an orderly stop. */
export interface StopParts {
  /** Called after the last response. */
  readonly close: () => Promise<void>
  readonly log: (message: string) => void
}

/** How long running requests may take to finish: milliseconds. */
const LIMIT = 10_000
/** Under `npm start` Ctrl-C arrives twice, from the terminal and from npm. Within this time both are one: milliseconds. */
const SAME_SIGNAL = 500

/**
 * On SIGTERM and SIGINT: takes no new connections, lets running requests finish, calls `close` and exits with 0. After a
 * second signal, or after ten seconds, it exits with 1 at once. Call it before the server listens.
 */
export function stopOnSignals(server: Server, { close, log }: StopParts): void {
  const drain = drainOf(server)
  let stoppingSince: number | undefined

  const force = (why: string): never => {
    log(`${why}; what was still running is cut off`)
    process.exit(1)
  }

  const stop = async (signal: string): Promise<void> => {
    log(`${signal}: finishing the running requests`)
    setTimeout(force, LIMIT, `not finished after ${LIMIT / 1000} seconds`).unref()
    await drain()
    await close()
    log('stopped')
    process.exit(0)
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stoppingSince === undefined) {
        stoppingSince = performance.now()
        stop(signal).catch((error: unknown) => force(`stopping failed (${String(error)})`))
      } else if (performance.now() - stoppingSince > SAME_SIGNAL) {
        force(`${signal} again`)
      }
    })
  }
}

/**
 * Answers a function that stops the server, and resolves when every running request has been answered.
 *
 * Node's `closeIdleConnections` is not enough. It leaves a connection open that a browser opened in advance and has not
 * used, and one whose last response is sent afterwards stays open for the keep-alive time.
 */
function drainOf(server: Server): () => Promise<void> {
  const running = new Map<Socket, Set<ServerResponse>>()
  let draining = false

  const closeIfIdle = (socket: Socket): void => {
    if (draining && !running.get(socket)?.size) socket.destroySoon()
  }

  server.on('connection', (socket) => {
    running.set(socket, new Set())
    socket.once('close', () => running.delete(socket))
    closeIfIdle(socket)
  })
  server.on('request', ({ socket }, res) => {
    running.get(socket)?.add(res)
    res.once('close', () => {
      running.get(socket)?.delete(res)
      closeIfIdle(socket)
    })
  })

  return async () => {
    draining = true
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
    for (const socket of running.keys()) closeIfIdle(socket)
    await closed
  }
}
