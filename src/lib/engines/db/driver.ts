import { createRequire } from 'node:module'

/**
 * The database driver that a Keyv adapter brings with it, so that a user installs the adapter and nothing else. The
 * adapters themselves keep one pool for the whole process and replace or end it whenever another one is opened or
 * disconnected; an engine has a pool of its own.
 *
 * @throws an `ERR_MODULE_NOT_FOUND` that names the adapter if it is not installed.
 */
export function driverOf(adapter: string, driver: string): unknown {
  return createRequire(import.meta.resolve(adapter))(driver)
}
