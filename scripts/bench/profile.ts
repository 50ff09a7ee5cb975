import { tell } from '../command-line.js'
import type { Subject } from '../measure/costs.js'
import { total } from '../measure/numbers.js'
import type { SelfTime } from '../measure/server.js'
import type { Table } from '../measure/table.js'

/** Where the time of one kind of request goes at one contender: microseconds a request, on the main thread. */
export interface Profile {
  readonly name: string
  readonly shares: ReadonlyMap<Share, number>
  /** Tessera's own functions, the most expensive first. */
  readonly functions: readonly SelfTime[]
}

/** To what the time is put down. `JSON` is counted where it is called. */
const shares = [
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

/** Requests that are profiled, after as many that are not. */
const REQUESTS = 3_000
/** How many of Tessera's functions are named. */
const NAMED = 8
/** The contenders that are profiled, and their bare framework. */
const PROFILED = /^(bare koa|tessera, .*)$/

export async function profileAll(subjects: readonly Subject[]): Promise<Profile[]> {
  const profiles: Profile[] = []
  for (const { server, load } of subjects.filter(({ server }) => PROFILED.test(server.name))) {
    for (const traffic of ['read', 'write'] as const) {
      const name = `${server.name}, ${traffic}`
      tell(`profile: ${name}`)
      await load.run({ traffic, requests: REQUESTS })
      await server.ask('startProfile')
      await load.run({ traffic, requests: REQUESTS })
      profiles.push({ name, ...summary(await server.ask('stopProfile')) })
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

/** V8's names for what is no JavaScript function. */
const BUILT_IN: Readonly<Record<string, Share | undefined>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code',
  runMicrotasks: 'promises',
  writev: 'sockets, HTTP',
  dispatch: 'sockets, HTTP',
  WriteWrap: 'sockets, HTTP',
}
const CRYPTO =
  /^(init|initiv|digest|update|final|Hmac|Hash|CipherBase|oneShotDigest|[gs]etAuthTag|setAAD|timingSafeEqual|RandomBytesJob|run)$/

/** `undefined` while the server waits. */
function shareOf({ name, url }: SelfTime): Share | undefined {
  if (name === '(idle)') return undefined
  if (url === '') return BUILT_IN[name] ?? (CRYPTO.test(name) ? 'cryptography' : 'native code')
  if (url.startsWith('node:internal/crypto')) return 'cryptography'
  if (url.startsWith('node:internal/process/task_queues')) return 'promises'
  if (url.startsWith('node:')) return 'sockets, HTTP'
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(url)?.[1]
  if (inPackage === undefined) return url.includes('/build/src/lib/') ? 'Tessera' : 'application'
  if (/^(cookie|vary)$/.test(inPackage)) return 'Tessera' // used by nobody else
  return /^(lru-cache|keyv|sqlite3|@keyv|@redis)/.test(inPackage) ? 'store client' : 'Koa'
}

export function profileTable(profiles: readonly Profile[]): Table {
  return {
    title: 'Where the time goes',
    note:
      'Microseconds a request on the main thread, by V8’s sampling profiler, which costs a little itself. `JSON` counts ' +
      'where it is called; what SQLite does is *native code*. The difference to bare Koa is what the session costs.',
    heads: ['', ...shares, 'together'],
    rows: profiles.map(({ name, shares: found }) => {
      const times = shares.map((share) => found.get(share) ?? 0)
      return [name, ...[...times, total(times, (time) => time)].map((time) => time.toFixed(1))]
    }),
  }
}

/** Tessera's own functions that cost the most, a line for each profile that has any. */
export function functionLines(profiles: readonly Profile[]): string[] {
  return profiles.flatMap(({ name, functions }) => {
    const named = functions.slice(0, NAMED).map((one) => {
      return `${one.name || 'a function without a name'} ${one.microseconds.toFixed(1)}`
    })
    return named.length === 0 ? [] : [`${name}: ${named.join(', ')}`]
  })
}
