import { EngineUnavailable } from './errors.js'

/**
 * What `work` answers, unless that takes longer than `limit` milliseconds. The work itself cannot be recalled; when it
 * ends after all, nobody listens.
 *
 * @throws EngineUnavailable when the time is up.
 */
export async function within<Result>(limit: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<never>((_, reject) => {
    // A process that had no time itself finds its timers due first, and the answers that lie waiting next.
    timer = setTimeout(() => setImmediate(reject, tooSlow(limit)), limit)
  })
  try {
    return await Promise.race([work, timeUp])
  } finally {
    clearTimeout(timer)
  }
}

export function tooSlow(limit: number): EngineUnavailable {
  return new EngineUnavailable(`the store did not answer within ${limit} ms`)
}
