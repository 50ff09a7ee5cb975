/** What a session takes at rest, and what a request moves between its server and the store. */
import { RoughRoad } from '../../test/support/servers/rough-road.js'
import { Generator } from '../bench/generator.js'
import { visit } from '../bench/load/visit.js'
import { Visitor } from '../bench/load/visitor.js'
import { Server } from '../bench/server.js'
import type { Table } from '../bench/tables.js'
import { shopperWith } from './fill.js'
import { COOKIE, fillAt } from './filled.js'
import { tesseraAt } from './server.js'
import { openStores, type Place, type StoreName } from './stores.js'

/** Requests of a kind, one after the other and with 32 under way. */
const ALONE = 200
const TOGETHER = 2000
/** Before anything is counted: connections are made, scripts and types are learnt. */
const WARM_UP = 200

const kinds = ['read', 'write'] as const
type Kind = (typeof kinds)[number]

/** A request's. */
interface Traffic {
  readonly sent: number
  readonly received: number
  /** How often it waits for the store. */
  readonly questions: number
}

export interface Bytes {
  readonly name: StoreName
  /** A session's. */
  readonly atRest: number
  /** With one request under way, and with 32, which share what they ask. None where the store is a file. */
  readonly traffic: ReadonlyMap<Kind, { readonly alone: Traffic; readonly together: Traffic }>
}

export interface BytesOptions {
  /** Sessions in the store. */
  readonly records: number
  /** Bytes that each is larger. */
  readonly more: number
}

export async function measureBytes(
  name: StoreName,
  { records, more }: BytesOptions,
  onStep: (title: string) => void,
): Promise<Bytes> {
  onStep(`${name}: filling a store with ${records.toLocaleString('en')} sessions`)
  const stores = await openStores(name)
  try {
    const place = await stores.make()
    await fillAt(place, 1) // tables, and what an empty store takes
    const before = await stores.bytes(place)
    const ids = await fillAt(place, records, shopperWith('a gift'.padEnd(6 + more)))
    const atRest = ((await stores.bytes(place)) - before) / records
    onStep(`${name}: counting bytes`)
    const { server } = stores
    const traffic = server === undefined ? new Map() : await measureTraffic(place, server.port, ids)
    return { name, atRest, traffic }
  } finally {
    await stores.discard()
  }
}

async function measureTraffic(place: Place, port: number, ids: readonly string[]): Promise<Bytes['traffic']> {
  const road = await RoughRoad.start(port)
  const generator = new Generator()
  const server = await Server.start(tesseraAt(over(road, place), 'the server'), { core: undefined })
  try {
    const [alone = '', ...others] = ids
    await generator.adopt(server, COOKIE, others)
    const visitor = Visitor.returning(COOKIE, alone, 1)
    const traffic: Map<Kind, { alone: Traffic; together: Traffic }> = new Map()
    for (const kind of kinds) {
      await generator.load(server, { kind, requests: WARM_UP })
      const oneByOne = async (): Promise<void> => {
        for (let number = 0; number < ALONE; number++) await visit(server.port, kind, visitor)
      }
      const atOnce = async (): Promise<void> => {
        await generator.load(server, { kind, requests: TOGETHER })
      }
      traffic.set(kind, {
        alone: await counted(road, ALONE, oneByOne),
        together: await counted(road, TOGETHER, atOnce),
      })
    }
    return traffic
  } finally {
    await server.stop()
    await generator.close()
    await road.close()
  }
}

/** The same place, by another way. */
function over(road: RoughRoad, place: Place): Place {
  const by = (address: string): string => {
    const url = new URL(address)
    url.port = String(road.port)
    return url.href
  }
  const { databaseUrl, redisUrl } = place
  return {
    ...place,
    ...(databaseUrl === undefined ? {} : { databaseUrl: by(databaseUrl) }),
    ...(redisUrl === undefined ? {} : { redisUrl: by(redisUrl) }),
  }
}

async function counted(road: RoughRoad, requests: number, work: () => Promise<void>): Promise<Traffic> {
  const before = { ...road.traffic }
  await work()
  const { sent, received, questions } = road.traffic
  return {
    sent: (sent - before.sent) / requests,
    received: (received - before.received) / requests,
    questions: (questions - before.questions) / requests,
  }
}

export function bytesTable(measured: readonly Bytes[], { records, more }: BytesOptions): Table {
  return {
    title: 'Bytes',
    note:
      `A session with a counter, a name and a cart of two articles${more === 0 ? '' : ` and ${more} bytes more`}, among ${records.toLocaleString('en')}: bytes at rest, ` +
      'index and all. Of a request: how often it waits for the store where it is the only one, and the bytes that its ' +
      'server sends to the store and receives, alone / each of 32 under way.',
    heads: ['', 'at rest', ...kinds.flatMap((kind) => [`${kind} waits`, `${kind} sent`, `${kind} received`])],
    rows: measured.map(({ name, atRest, traffic }) => [
      name,
      atRest.toFixed(0),
      ...kinds.flatMap((kind) => {
        const { alone, together } = traffic.get(kind) ?? {}
        if (alone === undefined || together === undefined) return ['–', '–', '–']
        return [
          alone.questions.toFixed(2),
          `${alone.sent.toFixed(0)} / ${together.sent.toFixed(0)}`,
          `${alone.received.toFixed(0)} / ${together.received.toFixed(0)}`,
        ]
      }),
    ]),
  }
}
