import { types } from 'node:util'
import type { Engine, Loaded } from '../engines/engine.js'
import { EngineUnavailable } from '../engines/errors.js'
import type { Logger } from '../logger.js'
import { absoluteEnd, type ExpiryRules, withoutFuture } from './expiry.js'

/**
 * Why a watch is over. `ended`: logged out, revoked or evicted. `expired`: its time was over. `moved`: the id is worth
 * nothing any more, since somebody logged in or `cycleKey()` was called; the browser has a newer cookie, so a client may
 * connect again.
 */
export type WatchEnd = 'ended' | 'expired' | 'moved'

/** Called once, when a watched session is over. What it answers is not waited for; what it throws is logged. */
export type OnEnd = (why: WatchEnd) => unknown

/** How often watched sessions are looked at: milliseconds. */
const INTERVAL = 1000

/** Sessions that are read at once: as many as a database reads with one statement. */
const AT_ONCE = 256

const FAILED = 'watched sessions could not be read; those who watch them are told nothing'
const ONLY_POLLING = 'the store does not tell at once which sessions end, so watches find out within a second'

/** A session to be watched. */
export interface Watchable {
  readonly id: string
  /** When it ends, as far as is known: milliseconds since 1970. */
  readonly expires: number
}

export interface SessionWatcherParts {
  readonly engine: Engine
  readonly rules: ExpiryRules
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
  /** How often all are looked at: milliseconds. Default: every second. */
  readonly interval?: number
}

/** Where a watched session is: at a key of the store, or under its id where the engine has no keys. */
interface Watched {
  readonly key: string
  readonly expires: number
  readonly watches: Set<Watch>
}

interface Watch {
  readonly onEnd: OnEnd
  /** `undefined`: it is over. */
  place: Watched | undefined
}

/**
 * Notices that sessions end, for whoever holds a socket open for them. It reads all of them once a second; a store that can
 * tell sooner does. Nothing rests on that: a message can get lost, and the next look notices what it would have said.
 * While the store is down nobody is told anything. While nothing is watched there is no timer and no connection.
 */
export class SessionWatcher {
  readonly #parts: SessionWatcherParts
  readonly #places = new Map<string, Watched>()
  #timer: NodeJS.Timeout | undefined
  #stopListening: (() => Promise<void>) | undefined
  #looking: Promise<void> | undefined
  #isFailing = false
  #hasWarned = false
  #isClosed = false

  constructor(parts: SessionWatcherParts) {
    this.#parts = parts
  }

  /** Calls `onEnd` once when the session is over, unless the function that this answers is called before. */
  watch({ id, expires }: Watchable, onEnd: OnEnd): () => void {
    if (this.#isClosed) throw new Error('these sessions are closed, so none of them can be watched')
    const { index } = this.#parts.engine
    const key = index?.follow === undefined ? id : index.keyOf(id)
    const watch: Watch = { onEnd, place: this.#placeAt(key, expires) }
    watch.place?.watches.add(watch)
    this.#start()
    return () => this.#stop(watch)
  }

  /** Looks once at every session that is watched. */
  look(): Promise<void> {
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** Ends every watch without a call. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#places.clear()
    await this.#stopIfIdle()
    await this.#looking
  }

  #placeAt(key: string, expires: number): Watched {
    const place = this.#places.get(key) ?? { key, expires, watches: new Set() }
    this.#places.set(key, place)
    return place
  }

  #start(): void {
    if (this.#timer !== undefined) return
    const { engine, logger, interval = INTERVAL } = this.#parts
    this.#timer = setInterval(() => void this.look(), interval)
    this.#timer.unref()
    this.#stopListening = engine.index?.listen?.(
      (key) => void this.#hear(key),
      (err) => {
        if (!this.#hasWarned) logger.warn({ err, engine: engine.name }, ONLY_POLLING)
        this.#hasWarned = true
      },
    )
  }

  #stop(watch: Watch): void {
    const { place } = watch
    watch.place = undefined
    place?.watches.delete(watch)
    if (place?.watches.size === 0) this.#places.delete(place.key)
    void this.#stopIfIdle()
  }

  async #stopIfIdle(): Promise<void> {
    if (this.#places.size > 0 || this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    const stop = this.#stopListening
    this.#stopListening = undefined
    await stop?.()
  }

  async #hear(key: string): Promise<void> {
    const place = this.#places.get(key)
    if (place !== undefined) await this.#lookAt(place)
  }

  async #lookAtAll(): Promise<void> {
    const places = [...this.#places.values()]
    let failure: unknown
    for (let at = 0; at < places.length; at += AT_ONCE) {
      const failures = await Promise.all(places.slice(at, at + AT_ONCE).map((place) => this.#lookAt(place)))
      failure ??= failures.find((each) => each !== undefined)
    }
    const { engine, logger } = this.#parts
    // An outage is logged where the engine's calls are watched.
    if (failure !== undefined && !this.#isFailing && !(failure instanceof EngineUnavailable))
      logger.error({ err: failure, engine: engine.name }, FAILED)
    this.#isFailing = failure !== undefined
  }

  /** Answers what went wrong. */
  async #lookAt(place: Watched): Promise<unknown> {
    try {
      const { key, loaded } = await this.#follow(place)
      // Another look was quicker.
      if (this.#places.get(place.key) !== place) return undefined
      const why = this.#endOf(loaded)
      if (why !== undefined) this.#end(place, why)
      else if (key !== place.key) this.#move(place, key)
      return undefined
    } catch (error) {
      return error
    }
  }

  async #follow({
    key,
    expires,
  }: Watched): Promise<{ readonly key: string; readonly loaded: Loaded | 'alive' }> {
    const { engine, clock } = this.#parts
    if (engine.index?.follow) return engine.index.follow(key)
    // A cookie that nobody can revoke ends at its time, and not before.
    if (!engine.capabilities.revocable && !engine.revocations && clock() < expires)
      return { key, loaded: 'alive' }
    return { key, loaded: await engine.load(key) }
  }

  #endOf(loaded: Loaded | 'alive'): WatchEnd | undefined {
    if (loaded === 'alive') return undefined
    if (loaded.kind === 'superseded') return 'moved'
    if (loaded.kind === 'missing') {
      if (loaded.why === 'superseded') return 'moved'
      return loaded.why === 'expired' ? 'expired' : 'ended'
    }
    const { rules, clock } = this.#parts
    const now = clock()
    return absoluteEnd(withoutFuture(loaded.record, now, rules), rules) <= now ? 'expired' : undefined
  }

  /** The session was renewed, which nobody asked for. */
  #move(place: Watched, key: string): void {
    this.#places.delete(place.key)
    const next = this.#placeAt(key, place.expires)
    for (const watch of place.watches) {
      watch.place = next
      next.watches.add(watch)
    }
  }

  #end(place: Watched, why: WatchEnd): void {
    this.#places.delete(place.key)
    const watches = [...place.watches]
    place.watches.clear()
    for (const watch of watches) {
      // One of the others may have stopped it just now.
      const isWatching = watch.place !== undefined
      watch.place = undefined
      if (isWatching) this.#call(watch.onEnd, why)
    }
    void this.#stopIfIdle()
  }

  #call(onEnd: OnEnd, why: WatchEnd): void {
    const failed = (err: unknown): void =>
      this.#parts.logger.error({ err }, 'what sessions.watch() was to call at the end of a session failed')
    try {
      const answer = onEnd(why)
      if (types.isPromise(answer)) answer.catch(failed)
    } catch (err) {
      failed(err)
    }
  }
}
