/**
 * For work that anybody may ask for and that is costly: it runs once at a time, and begins no more often than every
 * `interval` milliseconds. Who asks in between gets the latest answer. Work that failed is tried again.
 */
export function seldom<Result>(
  work: () => Promise<Result>,
  interval: number,
  clock: () => number,
): () => Promise<Result> {
  let latest: Promise<Result> | undefined
  let begun = 0
  let isRunning = false
  return () => {
    if (latest !== undefined && (isRunning || Math.abs(clock() - begun) < interval)) return latest
    begun = clock()
    isRunning = true
    const running = work()
    latest = running
    running.catch(() => {
      latest = undefined
    })
    const end = (): void => {
      isRunning = false
    }
    running.then(end, end)
    return running
  }
}
