import { setTimeout as delay } from 'node:timers/promises'

/** How often a conditional write that others overtook is tried again. */
export const MAX_ATTEMPTS = 50
/** From this attempt on it waits a little first, so that others can finish. */
const PATIENT = 3
/** Milliseconds. */
const LONGEST_WAIT = 20

/** To be waited for before each attempt; the first is number 1. */
export async function backoff(attempt: number): Promise<void> {
  if (attempt >= PATIENT) await delay(Math.random() * Math.min(LONGEST_WAIT, attempt))
}
