import type { Scene } from '../scene.js'
import { pageCount } from './page-count.js'

/** Every scene, in the order of the site's path. */
export const scenes: readonly Scene[] = [pageCount]
