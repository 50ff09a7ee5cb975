import { LONGEST_COOKIE_AGE } from '../middleware/cookie.js'
import { type Kind, wholeNumber } from './kinds.js'

/** 0 would be a session that ends before it begins; a timeout is turned off by leaving it out. */
export const timeout: Kind<number> = wholeNumber({
  min: 1,
  max: LONGEST_COOKIE_AGE,
  right: `whole seconds from 1 to ${LONGEST_COOKIE_AGE} (400 days), or nothing to leave it off`,
})

/** What is left where a session was lasts a minute. */
export const grace: Kind<number> = wholeNumber({ min: 0, max: 60, right: 'whole seconds from 0 to 60' })
