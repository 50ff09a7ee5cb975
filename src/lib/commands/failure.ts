import { EngineMisconfigured, EngineUnavailable, withCauses } from '../engines/errors.js'
import { NotOnThisEngine, RevocationIncomplete } from '../session/errors.js'
import { SettingsError } from '../settings/errors.js'
import { harmless } from './terminal.js'

/** What was asked for cannot be done. The message is all that people see of it. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
}

/** The command was called in a wrong way: exit code 2. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage'
}

const EXPLAINED = [
  CommandFailed,
  WrongUsage,
  SettingsError,
  EngineMisconfigured,
  NotOnThisEngine,
  RevocationIncomplete,
]

/** What to tell the person whose command failed: the reason, without a stack trace. No secret is in it. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return harmless(String(error))
  if (EXPLAINED.some((known) => error instanceof known)) return error.message
  if (error instanceof EngineUnavailable) return `The sessions cannot be opened: ${withCauses(error)}`
  return harmless(`${error.name}: ${withCauses(error)}`)
}
