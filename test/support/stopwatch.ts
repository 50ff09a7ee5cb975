/** Milliseconds. */
const TICK = 10

/**
 * Begins to count milliseconds; what it answers stops and tells them. A pause in which a busy machine gives this process
 * no turn counts as one tick, so what ends in time is in time on every machine.
 */
export function startStopwatch(): () => number {
  let ticks = 0
  const timer = setInterval(() => {
    ticks++
  }, TICK)
  timer.unref()
  return () => {
    clearInterval(timer)
    return ticks * TICK
  }
}
