import { z } from 'zod'

const LONGEST = 200

/** A password as a form brings it. There are no accounts here: whatever was typed is neither compared nor kept. */
export const password = z
  .string()
  .min(1, 'A password is missing.')
  .max(LONGEST, `A password has at most ${LONGEST} characters.`)
