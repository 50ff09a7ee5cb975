import { STATUS_CODES } from 'node:http'

/** The status that Koa answers a thrown value with. */
export function statusOf(thrown: unknown): number {
  if (!(thrown instanceof Error)) return 500
  const status = property(thrown, 'status') || property(thrown, 'statusCode')
  return typeof status === 'number' && STATUS_CODES[status] !== undefined ? status : 500
}

/** A member that an error may have or not. */
export function property(error: object, name: string): unknown {
  return name in error ? (error as Record<string, unknown>)[name] : undefined
}
