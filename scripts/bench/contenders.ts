import type { ServerSpec } from '../measure/server.js'

/** One server that is measured. */
export interface Contender extends ServerSpec {
  /** The name of the bare framework beneath it; none for a bare framework itself. */
  readonly bare: string | undefined
  /** Where its sessions are. `memory`: in its own process. */
  readonly keeps: 'nothing' | 'memory' | 'cookie' | 'disk' | 'redis' | 'postgres'
}

type Framework = ServerSpec['framework']

const bare = (framework: Framework): Contender => ({
  ...{ name: `bare ${framework}`, framework, open: 'bare', options: {} },
  ...{ bare: undefined, keeps: 'nothing' },
})

const on =
  (framework: Framework, open: string) =>
  (name: string, keeps: Contender['keeps'], options: Contender['options'] = {}): Contender => ({
    ...{ name, framework, open, options },
    ...{ bare: `bare ${framework}`, keeps },
  })

const tessera = on('koa', 'tessera')
const koaSession = on('koa', 'koaSession')
const expressSession = on('express', 'expressSession')

/** What no peer does. */
const NONE =
  'no compare-and-set: of two requests at once the later one overwrites the other; a log-out is undone by a request under way'

/** By the peers' names, besides what none of them does. */
const forgone: Readonly<Record<string, string>> = {
  'koa-session, cookie':
    'no revocation; any copy of the cookie stays good; signed with SHA-1 and readable by the browser’s owner; what changed is told by a checksum of 32 bits',
  'koa-session, Map':
    'ids are the store’s keys; the Map forgets nothing, however old; what changed is told by a checksum of 32 bits',
  'koa-generic-session':
    'ids are the store’s keys; memory forgets nothing; a session is shared by all requests of the process, so what failed is saved too; what changed is told by a checksum of 32 bits',
  'koa-session-minimal':
    'hands out the stored object itself, so what failed is saved too; answers before the store has written, and an error of the store is nobody’s; ids are neither signed nor hashed, and any id that a client sends is adopted',
  'express-session, memorystore': 'ids are the store’s keys',
  'express-session, connect-redis': 'ids are the store’s keys',
  'express-session, connect-sqlite3': 'ids are the store’s keys',
  'fastify-session': 'ids are the store’s keys; memory forgets nothing',
  'fastify-secure-session': 'no revocation; any copy of the cookie stays good; changes in place go unnoticed',
}

/** Every contender, each after its bare framework. */
export const contenders: readonly Contender[] = [
  bare('koa'),
  tessera('tessera, cache', 'memory', { engine: 'cache' }),
  tessera('tessera, cached_db', 'disk', { engine: 'cached_db' }),
  tessera('tessera, db', 'disk', { engine: 'db' }),
  tessera('tessera, db on PostgreSQL', 'postgres', { engine: 'db' }),
  tessera('tessera, cached_db on PostgreSQL', 'postgres', { engine: 'cached_db' }),
  tessera('tessera, file', 'disk', { engine: 'file' }),
  tessera('tessera, redis', 'redis', { engine: 'redis' }),
  tessera('tessera, signed', 'cookie', { engine: 'signed_cookies', cookieCodec: 'signed' }),
  tessera('tessera, sealed', 'cookie', { engine: 'signed_cookies', cookieCodec: 'sealed' }),
  koaSession('koa-session, cookie', 'cookie', { store: 'cookie' }),
  koaSession('koa-session, Map', 'memory', { store: 'memory' }),
  on('koa', 'koaGenericSession')('koa-generic-session', 'memory'),
  on('koa', 'koaSessionMinimal')('koa-session-minimal', 'memory'),
  bare('express'),
  expressSession('express-session, memorystore', 'memory', { store: 'memorystore' }),
  expressSession('express-session, connect-redis', 'redis', { store: 'connect-redis' }),
  expressSession('express-session, connect-sqlite3', 'disk', { store: 'connect-sqlite3' }),
  bare('fastify'),
  on('fastify', 'fastifySession')('fastify-session', 'memory'),
  on('fastify', 'fastifySecureSession')('fastify-secure-session', 'cookie'),
]

/** Where the servers are that sessions are kept in. */
export interface Places {
  readonly redis: string
  readonly postgres: string
}

/** The contender with its sessions in the server at its address, if that is where it keeps them. */
export function placedAt(contender: Contender, { redis, postgres }: Places): Contender {
  const { keeps, options } = contender
  if (keeps === 'redis') return { ...contender, options: { ...options, redisUrl: redis } }
  if (keeps === 'postgres') return { ...contender, options: { ...options, databaseUrl: postgres } }
  return contender
}

/** What a peer does not do that Tessera does; none of Tessera itself. */
export function forgoneBy({ name, bare, open }: Contender): string | undefined {
  if (bare === undefined || open === 'tessera') return undefined
  return [forgone[name], NONE].filter((text) => text !== undefined).join('; ')
}

/** The same, and the bare frameworks beneath them. */
export function withFrameworks(wanted: readonly Contender[]): Contender[] {
  const frameworks = new Set(wanted.map((one) => one.bare))
  return contenders.filter((one) => wanted.includes(one) || frameworks.has(one.name))
}

/**
 * Those whose name contains one of `parts`, such as `tessera` or `connect-redis`, and their bare frameworks; all without
 * parts.
 *
 * @throws RangeError naming a part that no contender's name contains.
 */
export function chosen(parts: readonly string[], without: readonly Contender['keeps'][]): Contender[] {
  const unknown = parts.find((part) => !contenders.some(({ name }) => name.includes(part)))
  if (unknown !== undefined) {
    const names = contenders.map(({ name }) => name).join('; ')
    throw new RangeError(`no contender is called ${unknown}; there are ${names}`)
  }
  const isWanted = (name: string): boolean => parts.length === 0 || parts.some((part) => name.includes(part))
  return withFrameworks(contenders.filter(({ name, keeps }) => !without.includes(keeps) && isWanted(name)))
}
