import type { Scene } from '../scene.js'
import { besideDjango, engines, twoTabs } from './at-scale.js'
import { fixation, forgedCookie, otherSite, scriptReads, stolenCookie } from './attacks.js'
import {
  browserTools,
  dateTime,
  fourWays,
  lifetime,
  limits,
  oneRequest,
  pageCount,
  testCookie,
} from './http-forgets.js'
import { csrf, logIn, middlewareOrder, nestedChange, saveEveryRequest, sessionMethods } from './in-control.js'
import { cart, library, profile, setGetDelete } from './server-remembers.js'

/** Every scene, in the order of the site's path. */
export const scenes: readonly Scene[] = [
  oneRequest,
  testCookie,
  pageCount,
  browserTools,
  dateTime,
  lifetime,
  limits,
  fourWays,
  profile,
  cart,
  setGetDelete,
  library,
  logIn,
  sessionMethods,
  saveEveryRequest,
  nestedChange,
  csrf,
  middlewareOrder,
  stolenCookie,
  fixation,
  otherSite,
  forgedCookie,
  scriptReads,
  twoTabs,
  engines,
  besideDjango,
]
