import { readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import type { Engine } from '../../../src/lib/engines/engine.js'
import { EngineMisconfigured, openSessions, type SessionsOptions } from '../../../src/lib/index.js'
import { openBench } from '../../support/engines.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { memory } from '../../support/stores/memory.js'

const secretKey = 'a secret of the tests, and of nobody else'
const logger = { warn: () => {}, error: () => {} }

/** The files in a directory that this process has open. */
async function openFilesIn(directory: string): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd')
  const paths = await Promise.all(
    descriptors.map((descriptor) => readlink(`/proc/self/fd/${descriptor}`).catch(() => '')),
  )
  return paths.filter((path) => path.startsWith(directory))
}

const failures: readonly [string, SessionsOptions][] = [
  ['signed_cookies with REVOCATION_STORE=db and no key', { engine: 'signed_cookies', revocationStore: 'db' }],
  [
    'signed_cookies with REVOCATION_STORE=db and a limit that it cannot keep',
    { engine: 'signed_cookies', revocationStore: 'db', secretKey, maxSessionsPerUser: 3 },
  ],
]
for (const [title, options] of failures) {
  test.serial(`${title}: what was opened is closed`, async (t) => {
    const directory = await temporaryDirectory(t)
    const databaseUrl = `sqlite:${join(directory, 'sessions.sqlite')}` as const
    await t.throwsAsync(openSessions({ ...options, databaseUrl, logger }), {
      instanceOf: EngineMisconfigured,
    })
    t.deepEqual(await openFilesIn(directory), [])
    // The files can be seen while they are open.
    const sessions = await openSessions({ engine: 'db', databaseUrl, logger })
    t.true((await openFilesIn(directory)).length > 0)
    await sessions.close()
    t.deepEqual(await openFilesIn(directory), [])
  })
}

test('an engine that a function has made is closed if sessions cannot be opened on it', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  let closed = 0
  const made = (engine: object): Engine =>
    Object.assign(Object.create(bench.engine), { index: undefined, ...engine })
  const closing = async (): Promise<void> => {
    closed++
    throw new Error('it cannot be closed either')
  }
  for (const engine of [made({ close: closing }), made({ close: closing, capabilities: {} })]) {
    const error = await t.throwsAsync(openSessions({ engine: () => engine, maxSessionsPerUser: 1, logger }))
    t.true(error instanceof EngineMisconfigured, 'the first error is the one that says what is wrong')
  }
  t.is(closed, 2)
})

test('what is no engine at all is told so, whatever it is', async (t) => {
  for (const value of [null, undefined, 1, 'db', { close: 1 }]) {
    await t.throwsAsync(openSessions({ engine: (() => value) as never, logger }), {
      instanceOf: EngineMisconfigured,
      message: /is no engine; it lacks/,
    })
  }
})
