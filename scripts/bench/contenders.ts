/** One server that is measured: a file in servers/contenders/, and what it is told. */
export interface Contender {
  readonly name: string
  readonly file: string
  readonly options: Readonly<Record<string, string | number>>
  /** The bare framework beneath it, which costs what nobody's sessions cost; none for a bare framework itself. */
  readonly floor: string | undefined
  /** Where its sessions are. `memory`: in its own process, which is what they cost in memory. */
  readonly keeps: 'nothing' | 'memory' | 'cookie' | 'disk' | 'redis'
}

const bare = (framework: string): Contender => ({
  name: `bare ${framework}`,
  file: `bare-${framework}`,
  options: {},
  floor: undefined,
  keeps: 'nothing',
})

const on =
  (framework: string, file: string) =>
  (title: string, keeps: Contender['keeps'], options: Contender['options'] = {}): Contender => ({
    name: title === '' ? file : `${file}, ${title}`,
    file,
    options,
    floor: `bare ${framework}`,
    keeps,
  })

const tessera = on('koa', 'tessera')
const koaSession = on('koa', 'koa-session')
const expressSession = on('express', 'express-session')

/** Every contender, each behind its floor. */
export const contenders: readonly Contender[] = [
  bare('koa'),
  tessera('cache', 'memory', { engine: 'cache' }),
  tessera('cached_db', 'disk', { engine: 'cached_db' }),
  tessera('db', 'disk', { engine: 'db' }),
  tessera('redis', 'redis', { engine: 'redis' }),
  tessera('signed', 'cookie', { engine: 'signed_cookies', cookieCodec: 'signed' }),
  tessera('sealed', 'cookie', { engine: 'signed_cookies', cookieCodec: 'sealed' }),
  koaSession('cookie', 'cookie', { store: 'cookie' }),
  koaSession('Map', 'memory', { store: 'memory' }),
  on('koa', 'koa-generic-session')('', 'memory'),
  on('koa', 'koa-session-minimal')('', 'memory'),
  bare('express'),
  expressSession('memorystore', 'memory', { store: 'memorystore' }),
  expressSession('connect-redis', 'redis', { store: 'connect-redis' }),
  expressSession('connect-sqlite3', 'disk', { store: 'connect-sqlite3' }),
  bare('fastify'),
  on('fastify', 'fastify-session')('', 'memory'),
  on('fastify', 'fastify-secure-session')('', 'cookie'),
]

/**
 * Those whose name holds one of `parts`, such as `tessera` or `connect-redis`, and their floors; all without parts.
 *
 * @throws RangeError naming a part that no contender's name holds.
 */
export function chosen(parts: readonly string[], without: readonly Contender['keeps'][]): Contender[] {
  const stray = parts.find((part) => !contenders.some(({ name }) => name.includes(part)))
  if (stray !== undefined) {
    throw new RangeError(
      `no contender is called ${stray}; there are ${contenders.map(({ name }) => name).join('; ')}`,
    )
  }
  const wanted = contenders.filter(
    ({ name, keeps }) =>
      !without.includes(keeps) && (parts.length === 0 || parts.some((part) => name.includes(part))),
  )
  const floors = new Set(wanted.map(({ floor }) => floor))
  return contenders.filter((one) => wanted.includes(one) || floors.has(one.name))
}

/** What is asked of every contender. `mixed`: nine reads and a write. */
export const kinds = ['untouched', 'read', 'write', 'mixed', 'create'] as const
export type Kind = (typeof kinds)[number]
