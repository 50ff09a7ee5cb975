import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ModulePath } from './names.js'

/**
 * What the module at `path`, relative to the working directory, exports as its engine: the default export, or one that
 * is called `engine`.
 */
export async function engineExportedBy(path: ModulePath): Promise<unknown> {
  const url = path.startsWith('file:') ? path : pathToFileURL(resolve(path)).href
  const module: Readonly<Record<string, unknown>> = await import(url)
  return module.default ?? module.engine
}
