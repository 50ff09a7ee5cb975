import type { ServerSpec } from '../measure/server.js'

/** One server that is measured. */
export interface Contender extends ServerSpec {
  /** The name of the bare framework beneath it; none for a bare framework itself. */
  readonly bare: string | undefined
  /** Where its sessions are. `memory`: in its own process. */
  readonly keeps: 'nothing' | 'memory' | 'cookie' | 'disk' | 'redis'
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

/** Every contender, each after its bare framework. */
export const contenders: readonly Contender[] = [
  bare('koa'),
  tessera('tessera, cache', 'memory', { engine: 'cache' }),
  tessera('tessera, cached_db', 'disk', { engine: 'cached_db' }),
  tessera('tessera, db', 'disk', { engine: 'db' }),
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

/** The contender with its sessions in the Redis at that address, if that is where it keeps them. */
export function redisAt(contender: Contender, redisUrl: string): Contender {
  return contender.keeps === 'redis'
    ? { ...contender, options: { ...contender.options, redisUrl } }
    : contender
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
  const wanted = contenders.filter(({ name, keeps }) => !without.includes(keeps) && isWanted(name))
  const frameworks = new Set(wanted.map((one) => one.bare))
  return contenders.filter((one) => wanted.includes(one) || frameworks.has(one.name))
}
