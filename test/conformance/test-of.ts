import test, { type ImplementationFn } from 'ava'
import type { EngineUnderTest } from './stores/store.js'

/**
 * Registers a test of an engine; on a machine without the server that it needs, one that is reported as skipped, with
 * the package to install. One after the other: each has a store of its own, and together they would try each other's
 * time limits.
 */
export function testOf(under: EngineUnderTest, title: string, run: ImplementationFn<[]>): void {
  if (under.missing === undefined) test.serial(`${under.title}: ${title}`, run)
  else test.skip(`${under.title}: ${title} (apt-get install ${under.missing})`, run)
}
