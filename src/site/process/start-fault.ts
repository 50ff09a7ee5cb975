import { inspect } from 'node:util'
import { EngineMisconfigured, EngineUnavailable, SettingsError } from '../../lib/index.js'
import { withCauses } from '../../lib/internal.js'
import { CannotListen } from './listen.js'

/**
 * What to tell the person whose server did not start: for what they can put right, the reason without a stack
 * trace; for anything else, which is a fault of the program, all there is.
 */
export function startFault(error: unknown): string {
  const faults = [SettingsError, EngineMisconfigured, CannotListen]
  if (error instanceof Error && faults.some((fault) => error instanceof fault)) return error.message
  if (error instanceof EngineUnavailable) return `The sessions cannot be opened: ${withCauses(error)}`
  return inspect(error)
}
