import { createHook } from 'node:async_hooks'
import crypto from 'node:crypto'
import { Session } from 'node:inspector/promises'
import { syncBuiltinESMExports } from 'node:module'
import { promiseHooks } from 'node:v8'

/**
 * The functions of node:crypto that compute a hash, a MAC or a cipher, or draw random bytes, in the order of their calls.
 * They go on doing what they do; for the rest of this process everybody's calls are noted.
 */
export function noteCrypto(): string[] {
  const calls: string[] = []
  for (const name of [
    ...(['hash', 'createHash', 'createHmac', 'createCipheriv', 'createDecipheriv'] as const),
    'randomBytes' as const,
  ]) {
    const original = crypto[name] as (...args: unknown[]) => unknown
    Object.assign(crypto, {
      [name]: (...args: unknown[]): unknown => {
        calls.push(name)
        return original(...args)
      },
    })
  }
  syncBuiltinESMExports()
  return calls
}

/** How many promises are made while `work` is done, its own included. */
export async function promisesOf(work: () => Promise<unknown>): Promise<number> {
  let made = 0
  const stop = promiseHooks.onInit(() => {
    made++
  })
  try {
    await work()
  } finally {
    stop()
  }
  return made
}

/** How many calls of the file system are handed to Node's threads while `work` is done. */
export async function fileCallsOf(work: () => Promise<unknown>): Promise<number> {
  let made = 0
  const hook = createHook({
    init(_id, type) {
      if (type.startsWith('FSREQ')) made++
    },
  })
  hook.enable()
  try {
    await work()
  } finally {
    hook.disable()
  }
  return made
}

/**
 * How many objects are made while `work` is done, by functions of files whose path holds `part` and by what they call of
 * V8's own. About: what the compiler has found a way around is not made, and what is looked at is a sample, though of
 * nearly every byte.
 */
export async function objectsOf(part: string, work: () => Promise<unknown>): Promise<number> {
  const session = new Session()
  session.connect()
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: 1,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    } as object)
    await work()
    const { profile } = (await session.post('HeapProfiler.stopSampling')) as unknown as Sampled
    const within = nodesIn(profile.head, part)
    return profile.samples.filter(({ nodeId }) => within.has(nodeId)).length
  } finally {
    session.disconnect()
  }
}

/** What the protocol's types leave out. */
interface Sampled {
  readonly profile: {
    readonly head: SampledFunction
    readonly samples: readonly { readonly nodeId: number }[]
  }
}

interface SampledFunction {
  readonly id: number
  readonly callFrame: { readonly url: string }
  readonly children: readonly SampledFunction[]
}

function nodesIn(head: SampledFunction, part: string): Set<number> {
  const found = new Set<number>()
  const walk = ({ id, callFrame, children }: SampledFunction): void => {
    if (callFrame.url.includes(part)) found.add(id)
    children.forEach(walk)
  }
  walk(head)
  return found
}
