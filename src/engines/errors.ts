/**
 * The engine's store is down, refuses, or does not answer in time. Nothing is known about the session: it is not
 * "logged out" (S66). In a Koa application this is a 503; the cause is for the log only.
 */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable'
  readonly code = 'E_ENGINE_UNAVAILABLE'
  readonly status = 503
  readonly expose = false
  readonly headers: Record<string, string> = { 'Retry-After': '1' }
}
