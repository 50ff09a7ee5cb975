import type { Scene } from '../scene.js'
import { cart } from './cart.js'
import { dateTime } from './date-time.js'
import { engines } from './engines.js'
import { fourWays } from './four-ways.js'
import { library } from './library.js'
import { lifetime } from './lifetime.js'
import { logIn } from './log-in.js'
import { nestedChange } from './nested-change.js'
import { pageCount } from './page-count.js'
import { profile } from './profile.js'
import { sessionMethods } from './session-methods.js'
import { setGetDelete } from './set-get-delete.js'
import { testCookie } from './test-cookie.js'
import { twoTabs } from './two-tabs.js'

/** Every scene, in the order of the site's path. */
export const scenes: readonly Scene[] = [
  fourWays,
  testCookie,
  pageCount,
  dateTime,
  lifetime,
  profile,
  cart,
  setGetDelete,
  library,
  logIn,
  sessionMethods,
  nestedChange,
  twoTabs,
  engines,
]
