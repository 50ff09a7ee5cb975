import type { ImplementationFn } from 'ava'
import { testOf } from '../test-of.js'
import { redisMissing } from './redis.js'

/** Registers a test of Redis: one after the other, since they all do something to the same server. */
export function onRedis(title: string, run: ImplementationFn<[]>): void {
  testOf({ title: 'redis', missing: redisMissing }, title, run)
}
