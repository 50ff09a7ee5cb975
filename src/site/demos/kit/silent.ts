import type { Logger } from '../../../lib/index.js'

/** For sessions of a demo that are meant to be what a logger would warn of. */
export const silent: Logger = { warn: () => {}, error: () => {} }
