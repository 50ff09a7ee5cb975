import type { Kind } from '../contenders.js'
import type { Answer } from './connection.js'
import { textOf, type Visitor } from './visitor.js'

/**
 * What is wrong with the answer that this visitor got. Whoever does less than the work is no contender: every answer is
 * compared with what it has to be. Counts the visitor's writes.
 */
export function faultIn(
  answer: Answer | undefined,
  path: Exclude<Kind, 'mixed'>,
  visitor: Visitor,
): string | undefined {
  if (answer === undefined) return `${path}: the connection was closed`
  const { status, body } = answer
  const writes = path === 'write' || path === 'create'
  if (writes) visitor.counter++
  const expected = path === 'untouched' ? 'ok' : textOf(visitor.counter)
  const gotCookie = visitor.take(answer)
  if (status !== 200 || body !== expected) return `${path}: ${status} ${body}, not ${expected}`
  if (path === 'create' && !gotCookie) return 'create: no cookie'
  // A session's life begins anew with each write, and the cookie's with it.
  if (path === 'write' && !gotCookie) return 'write: the cookie was not renewed'
  return undefined
}
