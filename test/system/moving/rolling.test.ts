import test from 'ava'
import { rollingFaults, rollingRestart } from '../../../scripts/scale/rolling.js'
import { temporaryDirectory } from '../../support/server-process.js'

/** Of each phase. `npm run scale -- rolling` does the same for a minute. */
const REQUESTS = 120

test('a rolling restart that moves sessions loses no update, undoes no log-out, and takes nobody for nobody', async (t) => {
  const directory = await temporaryDirectory(t)
  const files = { engine: 'file', filePath: `${directory}/old` } as const
  const tally = await rollingRestart({
    old: files,
    fresh: { engine: 'db', databaseUrl: `sqlite:${directory}/new.sqlite`, keyPrefix: 'moved' },
    moveFrom: { ...files, keyPrefix: 'keyv' },
    visitors: 6,
    phase: { requests: REQUESTS },
  })
  t.deepEqual(rollingFaults(tally), [])
  t.true(tally.requests > 6 * REQUESTS)
})

test('a rolling restart from json to sealed loses no update, undoes no log-out, and takes nobody for nobody', async (t) => {
  const databaseUrl = `sqlite:${await temporaryDirectory(t)}/sessions.sqlite`
  const old = { engine: 'db', databaseUrl, secretKey: 'Nine ladies dancing, eight maids a-milking' } as const
  const tally = await rollingRestart({
    old,
    fresh: {
      ...old,
      codec: 'sealed',
      plainRecordsUntil: '2999-01-01',
      // When the last process with json has ended.
      sealedSince: new Date(Date.now() + 3_600_000).toISOString(),
    },
    visitors: 6,
    phase: { requests: REQUESTS },
  })
  t.deepEqual(rollingFaults(tally), [])
  t.true(tally.requests > 4 * REQUESTS)
})
