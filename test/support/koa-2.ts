/**
 * Loaded before a test process with `--import`: from here on `koa` is version 2, for the tests and for the package, as in an
 * application that has installed that one.
 */
import { register } from 'node:module'

const hooks = `export const resolve = (name, context, next) => next(name === 'koa' ? 'koa-2' : name, context)`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
