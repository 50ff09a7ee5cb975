import { CookieTooLarge, EngineUnavailable, RecordRefused } from '../engines/errors.js'
import { SessionContended } from './errors.js'

const KINDS = [EngineUnavailable, SessionContended, RecordRefused, CookieTooLarge]

/**
 * Whether what no handler asked for, such as a longer life or a new id, may wait for the next request when it fails so: the
 * request has what it came for, and its answer is right all the same.
 */
export function canWait(error: unknown): boolean {
  return KINDS.some((kind) => error instanceof kind)
}
