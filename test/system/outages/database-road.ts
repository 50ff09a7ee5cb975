import type { ExecutionContext } from 'ava'
import type { OwnDatabase } from '../../support/databases.js'
import { RoughRoad } from '../../support/servers/rough-road.js'
import { testOf } from '../../support/test-of.js'
import { type DatabaseSite, openDatabaseSite } from './database-site.js'

export interface Trip {
  /** The URL of the database itself. */
  readonly direct: string
  readonly road: RoughRoad
  /** Sessions in the database at the road's other end. */
  readonly site: DatabaseSite
}

/** Registers a test of a database of its own, and a road to it. They run one after the other: some stop the server. */
export function testOnRoad(
  database: OwnDatabase,
  title: string,
  run: (t: ExecutionContext, trip: Trip) => Promise<void>,
): void {
  testOf(database, title, async (t) => {
    const direct = await database.fresh()
    const road = await RoughRoad.start((await database.server()).port)
    t.teardown(() => road.close())
    await run(t, { direct, road, site: await openDatabaseSite(t, overRoad(direct, road)) })
  })
}

function overRoad(direct: string, road: RoughRoad): string {
  const url = new URL(direct)
  url.port = String(road.port)
  return url.href
}
