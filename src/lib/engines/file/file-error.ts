import { EngineUnavailable } from '../errors.js'

/** What went wrong with the files in `directory`. */
export function unusableFiles(directory: string, cause: unknown): EngineUnavailable {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new EngineUnavailable(`the session files in ${directory} cannot be used: ${why}`, { cause })
}
