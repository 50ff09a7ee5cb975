/** What a session takes at rest, and what a request moves between its server and the store. */
import { RoughRoad } from '../../test/support/servers/rough-road.js'
import { atEnd, tell } from '../command-line.js'
import { Load } from '../measure/load.js'
import { Server } from '../measure/server.js'
import { NOTHING, type Table } from '../measure/table.js'
import { Visitor, visit } from '../measure/visitor.js'
import { fill } from './fill.js'
import { COOKIE, openStores, type Place, type StoreName, tesseraAt } from './stores.js'

/** Requests of a kind, one after the other and with 32 under way. */
const ALONE = 200
const TOGETHER = 2000
/** Before anything is counted: connections are made, statements prepared. */
const WARM_UP = 200

const kinds = ['read', 'write'] as const
type Kind = (typeof kinds)[number]

/** Of one request. */
interface Traffic {
  readonly sent: number
  readonly received: number
  /** How often it waits for the store. */
  readonly questions: number
}

export interface Bytes {
  readonly name: StoreName
  /** Of one session. */
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

export async function measureBytes(name: StoreName, { records, more }: BytesOptions): Promise<Bytes> {
  tell(`${name}: filling a store with ${records.toLocaleString('en')} sessions`)
  const stores = await openStores(name)
  const place = await stores.make()
  await fill(place, 1) // tables, and what an empty store takes
  const before = await stores.bytes(place)
  const ids = await fill(place, records, { more })
  const atRest = ((await stores.bytes(place)) - before) / records
  tell(`${name}: counting bytes`)
  const { server } = stores
  return { name, atRest, traffic: server ? await measureTraffic(place, server.port, ids) : new Map() }
}

async function measureTraffic(place: Place, port: number, ids: readonly string[]): Promise<Bytes['traffic']> {
  const road = await RoughRoad.start(port)
  atEnd(() => road.close())
  const server = await Server.start(tesseraAt(over(road, place, port), 'the server'))
  const [alone = '', ...others] = ids
  const load = new Load({ servers: [server], sessions: others.length })
  load.adopt(COOKIE, others)
  const visitor = new Visitor([[COOKIE, alone]], 1)
  const traffic: Map<Kind, { alone: Traffic; together: Traffic }> = new Map()
  for (const kind of kinds) {
    await load.run({ traffic: kind, requests: WARM_UP })
    const oneByOne = async (): Promise<void> => {
      for (let number = 0; number < ALONE; number++) await visit(server.port, kind, visitor)
    }
    traffic.set(kind, {
      alone: await counted(road, ALONE, oneByOne),
      together: await counted(road, TOGETHER, () => load.run({ traffic: kind, requests: TOGETHER })),
    })
  }
  return traffic
}

/** The same place, by way of the road. */
function over(road: RoughRoad, place: Place, port: number): Place {
  return JSON.parse(JSON.stringify(place).replace(`:${port}`, `:${road.port}`))
}

async function counted(road: RoughRoad, requests: number, work: () => Promise<unknown>): Promise<Traffic> {
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
  const larger = more === 0 ? '' : ` and ${more} bytes more`
  return {
    title: 'Bytes',
    note:
      `A session with a counter, a name and a cart of two articles${larger}, among ${records.toLocaleString('en')}: bytes ` +
      'at rest, index and all. Of a request: how often it waits for the store where it is the only one, and the bytes ' +
      'that its server sends to the store and receives, alone / each of 32 under way.',
    heads: ['', 'at rest', ...kinds.flatMap((kind) => [`${kind} waits`, `${kind} sent`, `${kind} received`])],
    rows: measured.map(({ name, atRest, traffic }) => [
      name,
      atRest.toFixed(0),
      ...kinds.flatMap((kind) => {
        const { alone, together } = traffic.get(kind) ?? {}
        if (alone === undefined || together === undefined) return [NOTHING, NOTHING, NOTHING]
        return [
          alone.questions.toFixed(2),
          `${alone.sent.toFixed(0)} / ${together.sent.toFixed(0)}`,
          `${alone.received.toFixed(0)} / ${together.received.toFixed(0)}`,
        ]
      }),
    ]),
  }
}
