import type { Contender } from '../bench/contenders.js'
import type { Place } from './stores.js'

/** Seconds. */
export interface Lives {
  readonly cookieAge?: number
  readonly cleanupInterval?: number
}

/** The benchmark's Tessera on a store that others may be on too. */
export function tesseraAt(place: Place, name: string, lives: Lives = {}): Contender {
  return {
    name,
    file: 'tessera',
    options: { ...place, ...lives, engineTimeout: ENGINE_TIMEOUT },
    floor: 'bare koa',
    keeps: place.engine === 'redis' ? 'redis' : 'disk',
  }
}

/** Milliseconds: the default, named so that it is seen here what busy stores are measured with. */
const ENGINE_TIMEOUT = 2000
