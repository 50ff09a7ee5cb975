import type { Kind } from './contenders.js'
import type { Generator } from './generator.js'
import type { Server } from './server.js'

/** What a server's main thread spent in a function itself. */
export interface SelfTime {
  readonly name: string
  /** Of its file; empty for what is no JavaScript. */
  readonly url: string
  readonly microseconds: number
}

/** Where the time of one kind of request goes at one contender: microseconds a request, on the main thread. */
export interface Profile {
  readonly name: string
  readonly kind: Kind
  readonly shares: ReadonlyMap<Share, number>
  /** Tessera's own functions, the most expensive first. */
  readonly functions: readonly SelfTime[]
}

/** Whose the time is. `JSON` is counted where it is called. */
export const shares = [
  'sockets, HTTP',
  'Koa',
  'application',
  'Tessera',
  'store client',
  'cryptography',
  'promises',
  'native code',
  'garbage collection',
] as const
export type Share = (typeof shares)[number]

/** Requests that are looked at, after as many that are not. */
const REQUESTS = 15_000

/** The contenders whose time is looked into, and the floor that they stand on. */
const PROFILED = /^(bare koa|tessera, .*)$/
const KINDS = ['read', 'write'] as const

export async function profileAll(
  servers: readonly Server[],
  generator: Generator,
  onStep: (title: string) => void,
): Promise<Profile[]> {
  const profiles: Profile[] = []
  for (const server of servers.filter(({ contender }) => PROFILED.test(contender.name))) {
    const { name } = server.contender
    for (const kind of KINDS) {
      onStep(`where the time goes: ${name}, ${kind}`)
      await generator.load(server, { kind, requests: REQUESTS })
      await server.startProfile()
      await generator.load(server, { kind, requests: REQUESTS })
      profiles.push({ name, kind, ...summary(await server.stopProfile()) })
    }
  }
  return profiles
}

export function summary(times: readonly SelfTime[]): Pick<Profile, 'shares' | 'functions'> {
  const found = new Map<Share, number>()
  const functions: SelfTime[] = []
  for (const time of times) {
    const share = shareOf(time)
    if (share === undefined) continue
    const microseconds = time.microseconds / REQUESTS
    found.set(share, (found.get(share) ?? 0) + microseconds)
    if (share === 'Tessera') functions.push({ ...time, microseconds })
  }
  return { shares: found, functions: functions.sort((a, b) => b.microseconds - a.microseconds) }
}

/** What V8 calls what is no function. */
const ODD: Readonly<Record<string, Share | undefined>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code',
  runMicrotasks: 'promises',
  writev: 'sockets, HTTP',
  dispatch: 'sockets, HTTP',
  WriteWrap: 'sockets, HTTP',
}
const CRYPTO =
  /^(init|initiv|digest|update|final|Hmac|Hash|CipherBase|oneShotDigest|[gs]etAuthTag|setAAD|timingSafeEqual|RandomBytesJob|run)$/

/** `undefined`: nobody's, since the server waits. */
function shareOf({ name, url }: SelfTime): Share | undefined {
  if (name === '(idle)') return undefined
  if (url === '') return ODD[name] ?? (CRYPTO.test(name) ? 'cryptography' : 'native code')
  if (url.startsWith('node:internal/crypto')) return 'cryptography'
  if (url.startsWith('node:internal/process/task_queues')) return 'promises'
  if (url.startsWith('node:')) return 'sockets, HTTP'
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(url)?.[1]
  if (inPackage === undefined) return url.includes('/dist/') ? 'Tessera' : 'application'
  if (/^(cookie|vary)$/.test(inPackage)) return 'Tessera' // headers that nobody else wants
  return /^(lru-cache|keyv|sqlite3|@keyv|@redis)/.test(inPackage) ? 'store client' : 'Koa'
}
