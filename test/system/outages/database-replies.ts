import type { OwnDatabase } from '../../support/databases.js'
import { testOnRoad } from './database-road.js'
import { type DatabaseSite, isUnaffected, STORED_FOR, type Verb } from './database-site.js'

/** What a call has left behind. */
interface Found {
  readonly site: DatabaseSite
  /** The session that it was about. */
  readonly id: string
  /** How many sessions there are more than before. */
  readonly more: number
}

interface Row {
  readonly verb: Verb
  /** Whether the work was done; `undefined` for anything but once or not at all. */
  readonly done: (found: Found) => Promise<boolean | undefined>
  /** Whether a call whose reply is lost finds out that it was done, so that what was done is never a 503. */
  readonly recognised: boolean
}

async function stateOf({ site, id }: Found): Promise<string> {
  return (await site.sessions.engine.load(id)).kind
}

/** `more`: of the sessions, when it was done. `kind`: how the session reads then; else it is there. */
const doneIf = (more: number, kind: string): Row['done'] => {
  return async (found) => {
    const now = await stateOf(found)
    if (found.more === more && now === kind) return true
    return found.more === 0 && now === 'found' ? false : undefined
  }
}

const rows: readonly Row[] = [
  { verb: 'load', done: async (found) => (await stateOf(found)) === 'found', recognised: false },
  { verb: 'create', done: doneIf(1, 'found'), recognised: false },
  {
    verb: 'update',
    done: async ({ site, id }) => {
      const n = await site.read(id)
      return n === '1' || n === '2' ? n === '2' : undefined
    },
    recognised: false,
  },
  {
    verb: 'touch',
    done: async ({ site, id }) => {
      const loaded = await site.sessions.engine.load(id)
      return loaded.kind === 'found' ? loaded.record.expires > Date.now() + STORED_FOR : undefined
    },
    recognised: false,
  },
  { verb: 'rotate', done: doneIf(0, 'superseded'), recognised: false },
  { verb: 'delete', done: doneIf(-1, 'missing'), recognised: false },
]

/** A move is six replies on MariaDB: two statements, prepared and executed, and the transaction around them. */
const REPLIES = 6

/** What comes of each reply that is lost on its way. */
export function testReplies(database: OwnDatabase): void {
  for (const { verb, done, recognised } of rows) {
    testOnRoad(
      database,
      `R15 ${verb}: whichever reply is cut off, the work is done once or not at all, and the next request works`,
      async (t, { direct, road, site }) => {
        const plain = await database.connect(direct)
        t.teardown(() => plain.end())
        const live = async (): Promise<number> => {
          const stored = await plain.query('SELECT value FROM tessera_sessions')
          return stored.filter(({ value }) => String(value).includes('"version":')).length
        }
        let doneThoughLost = 0
        for (let behind = 0; behind < REPLIES; behind++) {
          for (const after of [0, 3]) {
            const id = await site.store(1)
            const before = await live()
            const answer = await site.act(verb, id, () => {
              road.weather = { kind: 'cut', after, behind }
            })
            const wasCut = road.weather.kind === 'fair'
            road.weather = { kind: 'fair' }

            const where = `reply ${behind}, after ${after} bytes`
            const was = await done({ site, id, more: (await live()) - before })
            t.not(was, undefined, where)
            if (answer.status === 200 && verb !== 'touch') t.true(was, where)
            else if (answer.status !== 200) t.is(answer.status, 503, where)
            if (answer.status !== 200) t.deepEqual(answer.cookies, [], where)
            if (verb === 'load' || (recognised && was)) t.is(answer.status, 200, where)
            if (!wasCut) t.is(answer.status, 200, where)
            if (wasCut && was) doneThoughLost++

            await isUnaffected(t, site, id)
            t.is(await site.read(await site.store(7)), '7', where)
          }
        }
        t.true(doneThoughLost > 0, 'else nothing was tried')
      },
    )
  }
}
