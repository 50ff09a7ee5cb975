import { EngineUnavailable } from '../errors.js'

/** The error where others were faster at every attempt. */
export function contended(): EngineUnavailable {
  return new EngineUnavailable('others moved or changed this entry every time')
}
