import test, { type ImplementationFn } from 'ava'

/** What a test needs besides this process. */
interface Subject {
  readonly title: string
  /** The Debian package to install, if it is not on this machine. */
  readonly missing?: string | undefined
}

/**
 * Registers a test of an engine or a server; on a machine without the server, one that is reported as skipped, with
 * the package to install. With `CI=true` nothing may be skipped: the file fails. One after the other: each has a store
 * of its own, and together they would try each other's time limits.
 */
export function testOf({ title: of, missing }: Subject, title: string, run: ImplementationFn<[]>): void {
  if (missing === undefined) test.serial(`${of}: ${title}`, run)
  else if (process.env.CI === 'true') throw new Error(`${of}: CI skips no test; apt-get install ${missing}`)
  else test.skip(`${of}: ${title} (apt-get install ${missing})`, run)
}
