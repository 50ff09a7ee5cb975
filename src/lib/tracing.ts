import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import { withCauses } from './engines/errors.js'

/**
 * What every message of `koa-tessera:open`, `koa-tessera:commit` and `koa-tessera:engine` holds (`docs/tracing.md`). One
 * object goes through all events of one operation, `start` to `asyncEnd`, so a subscriber can keep in a `WeakMap` what
 * belongs to it. Nothing in it is an id, and nothing is data (S12).
 */
export interface TraceMessage {
  /** The engine's name. */
  readonly engine: string
  /**
   * `open`: always `open`. `commit`: the one step that was planned, such as `create`, `update`, `touch`, `rotate`,
   * `delete`. `engine`: the method that was called, such as `load`, `update`, `index.read`.
   */
  readonly operation: string
  /**
   * How it ended, from `asyncStart` on. `open`: `new`, `live`, `unknown` or `superseded`. `commit`: what becomes of the
   * cookie, `send`, `remove` or `leave`. `engine`: the kind that the method answered, such as `found`, `missing`,
   * `updated`, `conflict`; `done` where it answers none. `error` in every channel for what failed.
   */
  outcome?: string
  /**
   * Of what failed, from `error` on: name, code and message of the error that was thrown, and of its causes the messages.
   * It is a copy, without the ids that somebody else's engine may have put into the original.
   */
  error?: Error
}

type Channel = TracingChannel<unknown, TraceMessage>

/** Sessions that requests open: each once a request, on first use. */
export const openChannel: Channel = tracingChannel('koa-tessera:open')

/** Commits that have something to do. */
export const commitChannel: Channel = tracingChannel('koa-tessera:commit')

/** Calls of an engine. */
export const engineChannel: Channel = tracingChannel('koa-tessera:engine')

/** Whether anybody listens. Not every runtime has `TracingChannel.hasSubscribers`. */
export function isHeard({ start, end, asyncStart, asyncEnd, error }: Channel): boolean {
  return (
    start.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    error.hasSubscribers
  )
}

interface Traced<Result> {
  readonly engine: string
  readonly operation: string
  readonly run: () => Promise<Result>
  readonly outcomeOf: (result: Result) => string
  /** The ids at hand, in whatever form the engine writes them: an error must not show one. */
  readonly secrets: () => readonly string[]
}

/**
 * Runs an operation and publishes its events, as `TracingChannel.tracePromise` does. That would put the result into the
 * message, and results hold ids and data. Call it only if somebody listens.
 */
export function trace<Result>(channel: Channel, traced: Traced<Result>): Promise<Result> {
  const { engine, operation, run, outcomeOf, secrets } = traced
  const message: TraceMessage = { engine, operation }
  const { start, end, asyncStart, asyncEnd, error: failed } = channel
  const settled = (outcome: string, error?: unknown): void => {
    message.outcome = outcome
    if (outcome === 'error') {
      message.error = withoutIds(
        error,
        secrets().filter((secret) => secret !== ''),
      )
      failed.publish(message)
    }
    asyncStart.publish(message)
    asyncEnd.publish(message)
  }
  return start.runStores(message, async () => {
    try {
      const result = await begin(run, () => end.publish(message))
      settled(outcomeOf(result))
      return result
    } catch (error) {
      settled('error', error)
      throw error
    }
  })
}

/** `ended` is called when `run` has returned, or thrown at once. */
function begin<Result>(run: () => Promise<Result>, ended: () => void): Promise<Result> {
  try {
    return run()
  } finally {
    ended()
  }
}

/** Our ids, what a cookie holds in place of one, and the hashes that stores know ids by. */
const ID = /\b[a-z0-9]{32,}\b|\b[es]1\.[\w.-]+/g

/** A copy to show: the original goes to the caller and stays as it is. */
function withoutIds(thrown: unknown, secrets: readonly string[]): Error {
  if (!(thrown instanceof Error)) return new Error('what was thrown is no error')
  const message = secrets.reduce((told, secret) => told.replaceAll(secret, '…'), withCauses(thrown))
  const shown = new Error(message.replaceAll(ID, '…'))
  shown.name = thrown.name
  // The stack repeats the message, and the place where the copy was made is of no interest.
  shown.stack = `${shown.name}: ${shown.message}`
  return 'code' in thrown ? Object.assign(shown, { code: thrown.code }) : shown
}
