import { CLOCK_SKEW } from '../engines/concurrency.js'
import type { Settings } from '../settings/settings.js'
import { isWithin } from './check-packages.js'
import { failureText } from './failure.js'
import type { Finding, Status } from './finding.js'
import { connectToServer, type Server } from './store-connection.js'

/** Milliseconds: a clock that is kept in time by the network is nearer. */
const FAR_OFF = 1000

/** What the server beneath the engine says of itself; nothing where there is none. */
export async function server(settings: Settings): Promise<Finding[]> {
  let connected: Server | undefined
  try {
    connected = await connectToServer(settings)
    if (connected === undefined) return []
    return connected.kind === 'redis' ? await redis(connected) : await database(connected)
  } catch (error) {
    // The engine itself opens; a user with few rights need not be told more.
    return [{ about: 'server', status: 'note', text: `says nothing of itself: ${failureText(error)}` }]
  } finally {
    await connected?.close()
  }
}

async function redis(server: Server): Promise<Finding[]> {
  const clock = await clockFinding(async () => {
    const reply = await server.ask('TIME')
    const [seconds, microseconds] = Array.isArray(reply) ? reply.map(Number) : []
    return (seconds ?? Number.NaN) * 1000 + (microseconds ?? 0) / 1000
  })
  const info = new Map(
    String(await server.ask('INFO'))
      .split(/\r?\n/)
      .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
  const valkey = info.get('valkey_version')
  const version = valkey ?? info.get('redis_version') ?? ''
  const name = `${valkey === undefined ? 'Redis' : 'Valkey'} ${version}`
  return [versionFinding(name, version, '>=6.0'), clock, eviction(info), ...(await persistence(server, info))]
}

type Info = ReadonlyMap<string, string>

/** What is evicted is a log-out, and of a session that was ended the mark that keeps it ended. */
function eviction(info: Info): Finding {
  const policy = info.get('maxmemory_policy') ?? 'unknown'
  const limit = Number(info.get('maxmemory') ?? 0)
  const about = 'eviction'
  if (policy === 'noeviction') return { about, status: 'good', text: 'maxmemory-policy is noeviction' }
  if (limit > 0)
    return {
      about,
      status: 'wrong',
      text: `maxmemory-policy is ${policy}: a server that is full forgets sessions; set noeviction, and watch its memory`,
    }
  return {
    about,
    status: 'doubtful',
    text: `maxmemory-policy is ${policy}: once maxmemory is set, the server forgets sessions; set noeviction`,
  }
}

async function persistence(server: Server, info: Info): Promise<Finding[]> {
  const about = 'persistence'
  if (info.get('aof_enabled') === '1') return [{ about, status: 'good', text: 'append-only file' }]
  // Services do not let everybody read their configuration.
  const reply = await server.ask('CONFIG', 'GET', 'save').catch(() => undefined)
  const save = Array.isArray(reply) ? String(reply[1] ?? '') : undefined
  if (save === undefined) return []
  if (save !== '')
    return [
      {
        about,
        status: 'note',
        text: `snapshots (save ${save}): a crash forgets what came after the last one`,
      },
    ]
  return [
    {
      about,
      status: 'doubtful',
      text: 'neither snapshots nor an append-only file: a restart of the server logs everybody out',
    },
  ]
}

/** The oldest that the engines are made for; of PostgreSQL none is known that is too old. */
const OLDEST = { PostgreSQL: '>=0', MySQL: '>=8.0', MariaDB: '>=10.6' } as const

const QUESTIONS = {
  postgres: 'SELECT version() AS version, extract(epoch FROM clock_timestamp()) * 1000 AS now',
  mysql: 'SELECT version() AS version, unix_timestamp(now(3)) * 1000 AS now',
} as const

async function database(server: Server): Promise<Finding[]> {
  const question = server.kind === 'mysql' ? QUESTIONS.mysql : QUESTIONS.postgres
  let version = ''
  const clock = await clockFinding(async () => {
    const rows = await server.ask(question)
    const [row]: { version?: unknown; now?: unknown }[] = Array.isArray(rows) ? rows : []
    version = String(row?.version ?? '')
    return Number(row?.now)
  })
  const number = /\d+(\.\d+)*/.exec(version)?.[0] ?? ''
  const kind = server.kind === 'postgres' ? 'PostgreSQL' : /mariadb/i.test(version) ? 'MariaDB' : 'MySQL'
  return [versionFinding(`${kind} ${number}`, number, OLDEST[kind]), clock]
}

function versionFinding(name: string, version: string, range: string): Finding {
  const isNew = isWithin(version, range)
  const text = isNew ? name : `${name} is older than what this engine is made for (${range})`
  return { about: 'server', status: isNew ? 'good' : 'wrong', text }
}

/** The server's clock against ours, `ask` answering milliseconds since 1970. */
async function clockFinding(ask: () => Promise<number>): Promise<Finding> {
  // The first call may open a connection.
  await ask()
  const before = Date.now()
  const theirs = await ask()
  const ahead = theirs - (before + Date.now()) / 2
  const about = 'clock'
  if (!Number.isFinite(ahead)) return { about, status: 'note', text: 'the server does not tell its time' }
  const off = Math.abs(ahead)
  const status: Status = off > CLOCK_SKEW ? 'wrong' : off > FAR_OFF ? 'doubtful' : 'good'
  const direction = ahead > 0 ? 'ahead of' : 'behind'
  const text =
    status === 'good'
      ? `the server’s and this machine’s differ by ${off.toFixed(0)} ms`
      : `the server’s is ${(off / 1000).toFixed(1)} s ${direction} this machine’s: sessions end too early or too late`
  return { about, status, text }
}
