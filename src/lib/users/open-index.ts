import type { KeyedMutex } from '../engines/concurrency.js'
import type { Engine } from '../engines/engine.js'
import { EngineMisconfigured } from '../engines/errors.js'
import type { Logger } from '../logger.js'
import type { LifecycleEvents } from '../session/lifecycle-events.js'
import type { Limit } from './limit.js'
import { UserLists } from './user-lists.js'
import { UserSessionIndex } from './user-session-index.js'

export interface OpenIndexParts {
  readonly engine: Engine
  readonly turns: KeyedMutex
  readonly limit: Limit
  readonly lifecycle: LifecycleEvents
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

/** What knows where users' sessions are. */
export interface People {
  readonly lists: UserLists
  readonly userIndex: UserSessionIndex
}

/**
 * Nothing on an engine without a index: there users log in all the same, but cannot be found.
 *
 * @throws EngineMisconfigured if there is to be a limit on such an engine.
 */
export function openUserIndex({ engine, limit, ...parts }: OpenIndexParts): People | undefined {
  const { index } = engine
  if (index === undefined) {
    if (limit.most === 0) return undefined
    throw new EngineMisconfigured(
      `MAX_SESSIONS_PER_USER=${limit.most} needs an engine that finds sessions by their user, such as db or redis; ` +
        `${engine.name} cannot`,
    )
  }
  const lists = new UserLists({ ...parts, index })
  return { lists, userIndex: new UserSessionIndex({ ...parts, index, lists, limit }) }
}
