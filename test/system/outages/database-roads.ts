import { createIn } from '../../../src/lib/conformance/drawing.js'
import type { OwnDatabase } from '../../support/databases.js'
import type { Weather } from '../../support/servers/rough-road.js'
import { startStopwatch } from '../../support/stopwatch.js'
import { testOnRoad } from './database-road.js'
import { isUnaffected, LIMIT, linesOf, openDatabase, verbs } from './database-site.js'

const storms: Readonly<Record<string, Weather>> = {
  'slower than the limit': { kind: 'slow', by: 2 * LIMIT },
  silent: { kind: 'silent' },
  closed: { kind: 'closed' },
}

/** What comes of a road to the server that is slow, silent or cut, and of sockets afterwards. */
export function testRoads(database: OwnDatabase): void {
  for (const [title, weather] of Object.entries(storms)) {
    testOnRoad(
      database,
      `R13 a road that is ${title}: 503 in time; in fair weather the next request works`,
      async (t, { road, site }) => {
        const ids = await Promise.all(verbs.map(() => site.store(1)))
        const storm = whenAllHaveCome(verbs.length, () => {
          road.weather = weather
        })
        await Promise.all(verbs.map((verb, n) => site.isOutage(verb, ids[n] ?? '', storm)))
        // Now the load fails already, and several wait for it.
        const [id = ''] = ids
        await Promise.all(verbs.map((verb) => site.isOutage(verb, id)))
        await isUnaffected(t, site, id)
        road.weather = { kind: 'fair' }
        const fresh = await site.store(2)
        for (const verb of verbs)
          t.is((await site.act(verb, fresh)).status, verb === 'delete' ? 400 : 200, verb)
        t.is(await site.read(await site.store(3)), '3')
      },
    )
  }

  testOnRoad(
    database,
    'R13 a road that is slow, but within the limit, is no outage',
    async (t, { road, site }) => {
      const id = await site.store(1)
      road.weather = { kind: 'slow', by: LIMIT / 10 }
      for (const verb of ['load', 'create', 'update', 'touch', 'delete'] as const) {
        const answer = await site.act(verb, id)
        t.is(answer.status, 200, `${verb}: ${String(site.errors.at(-1)?.message)}`)
      }
    },
  )

  testOnRoad(
    database,
    'R13 connections that nobody ended and that lead nowhere any more cost no reader a 503, nor who comes next',
    async (t, { road, site }) => {
      const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => site.store(n)))
      await Promise.all(ids.flatMap((id) => [site.act('rotate', id), site.act('create', id)]))
      t.true(road.open > 5, 'one for each would be as many outages')
      const id = await site.store(1)
      road.forsake()
      t.is(await site.read(id), '1')
      for (const verb of verbs) t.is((await site.act(verb, id)).status, verb === 'delete' ? 400 : 200, verb)
      t.deepEqual(linesOf(site), [])
    },
  )

  testOnRoad(
    database,
    'a server that was restarted while nobody asked is not noticed',
    async (t, { site }) => {
      const ids = await Promise.all(Array.from({ length: 8 }, (_, n) => site.store(n)))
      const server = await database.server()
      await server.stop('SIGKILL')
      await server.start()
      const answers = await Promise.all(ids.map((id) => site.act('update', id)))
      t.deepEqual(
        answers.map(({ status }) => status),
        ids.map(() => 200),
      )
      t.deepEqual(site.errors, [])
    },
  )

  testOnRoad(database, 'after many outages no socket is left', async (t, { direct, road, site }) => {
    const id = await site.store(1)
    for (let round = 0; round < 10; round++) {
      for (const weather of [{ kind: 'cut', after: 1 }, { kind: 'closed' }] as const) {
        road.weather = weather
        await Promise.all(Array.from({ length: 10 }, () => site.act('load', id)))
      }
      road.weather = { kind: 'fair' }
      road.forsake()
      await Promise.all(Array.from({ length: 3 }, () => site.act('create', id)))
    }
    t.is(await site.read(id), '1')
    t.true(road.accepted > 20)
    await site.sessions.close()
    t.is(await connectionsTo(database, direct), 0)
    t.is(road.open, 0)
  })

  testOnRoad(
    database,
    'an engine that is closed while the server is frozen leaves no socket',
    async (t, { direct }) => {
      const server = await database.server()
      const before = sockets()
      const sessions = await openDatabase(direct, silent)
      const record = { data: {}, createdAt: Date.now(), expires: Date.now() + 60_000 }
      await Promise.all(Array.from({ length: 5 }, () => createIn(sessions.engine, record)))
      t.true(sockets() > before)
      server.freeze('SIGSTOP')
      try {
        const elapsed = startStopwatch()
        await sessions.close()
        t.true(elapsed() < 3 * LIMIT)
        t.is(sockets(), before)
      } finally {
        server.freeze('SIGCONT')
      }
    },
  )
}

/** What each of so many waits for: that all have come, and that `then` has been done. */
function whenAllHaveCome(count: number, then: () => void): () => Promise<void> {
  let come = 0
  let go = (): void => {}
  const all = new Promise<void>((resolve) => {
    go = resolve
  })
  return () => {
    if (++come === count) {
      then()
      go()
    }
    return all
  }
}

const silent = { warn: () => {}, error: () => {} }

function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
}

/** How many connections the server sees to a database besides the one that asks; each answer is a wait for the next. */
async function connectionsTo(database: OwnDatabase, url: string): Promise<number> {
  const connection = await database.connect(url)
  try {
    for (let attempt = 1; ; attempt++) {
      const [row] = await connection.query(CONNECTIONS[database.scheme] ?? '')
      const others = Number(row?.n) - 1
      if (others === 0 || attempt === 1000) return others
    }
  } finally {
    await connection.end()
  }
}

const CONNECTIONS: Readonly<Record<string, string>> = {
  postgres: 'SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()',
  mysql: 'SELECT count(*) AS n FROM information_schema.processlist WHERE db = DATABASE()',
}
