import test, { type ImplementationFn } from 'ava'

/** What a test needs besides this process. */
interface Subject {
  readonly title: string
  /** The Debian package to install, if it is not on this machine. */
  readonly missing?: string | undefined
}

/**
 * Registers a test of an engine or a server; on a machine without the server, one that is reported as skipped, with
 * the package to install. One after the other: each has a store of its own, and together they would try each other's
 * time limits.
 */
export function testOf(under: Subject, title: string, run: ImplementationFn<[]>): void {
  if (under.missing === undefined) test.serial(`${under.title}: ${title}`, run)
  else test.skip(`${under.title}: ${title} (apt-get install ${under.missing})`, run)
}
