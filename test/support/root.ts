import { fileURLToPath } from 'node:url'

/** The project's folder, as a path that ends in a slash: tests run from `build/`, and settings, views and docs are not there. */
export const root = fileURLToPath(new URL('.', import.meta.resolve('koa-tessera/package.json')))
