import type { Engine } from '../../engines/contract.js'
import { EngineMisconfigured } from '../../engines/errors.js'
import type { Logger } from '../../logger.js'
import type { Turns } from '../../turns.js'
import type { Witness } from '../witness.js'
import type { Limit } from './limit.js'
import { UserLists } from './lists.js'
import { Residents } from './residents.js'

export interface PeopleParts {
  readonly engine: Engine
  readonly turns: Turns
  readonly limit: Limit
  readonly witness: Witness
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

/** What knows where users' sessions are. */
export interface People {
  readonly lists: UserLists
  readonly residents: Residents
}

/**
 * Nothing on an engine without a roster: there users log in all the same, but cannot be found.
 *
 * @throws EngineMisconfigured if there is to be a limit on such an engine.
 */
export function openPeople({ engine, limit, ...parts }: PeopleParts): People | undefined {
  const { roster } = engine
  if (roster === undefined) {
    if (limit.most === 0) return undefined
    throw new EngineMisconfigured(
      `MAX_SESSIONS_PER_USER=${limit.most} needs an engine that finds sessions by their user, such as db or redis; ` +
        `${engine.name} cannot`,
    )
  }
  const lists = new UserLists({ ...parts, roster })
  return { lists, residents: new Residents({ ...parts, roster, lists, limit }) }
}
