import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What a server needs to stop in order. */
export interface StopParts {
  /** Called when the last answer has gone out. */
  readonly close: () => Promise<void>
  readonly log: (message: string) => void
}

/** How long running requests may take to finish: milliseconds. */
const LIMIT = 10_000
/** Ctrl-C under `npm start` arrives twice, from the terminal and from npm; only a later one means haste: milliseconds. */
const SAME_SIGNAL = 500

/**
 * On SIGTERM and SIGINT: takes no new connections, lets running requests finish, closes what they used and exits
 * with 0. A second signal, or ten seconds, end it at once with 1. Call it before the server listens.
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
 * Answers a function that stops the server and resolves when every running request has been answered.
 *
 * Node's own `closeIdleConnections` is not enough: it spares a connection that a browser opened in advance and
 * sent nothing on, and one whose last answer goes out later would be kept alive for seconds.
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
