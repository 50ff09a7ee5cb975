import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { openSessions } from '../../../src/lib/index.js'
import { temporaryDirectory } from '../../support/server-process.js'

test('S72 a SQLite database where another user could replace it opens with a warning', async (t) => {
  const directory = join(await temporaryDirectory(t), 'shared')
  await mkdir(directory)
  const warnings: string[] = []
  const logger = { warn: (_: object, message: string) => warnings.push(message), error: () => {} }
  const open = async (mode: number): Promise<readonly string[]> => {
    await chmod(directory, mode)
    const databaseUrl = `sqlite:${join(directory, 'sessions.sqlite')}`
    await (await openSessions({ engine: 'db', databaseUrl, logger })).close()
    return warnings.splice(0)
  }
  t.deepEqual(await open(0o700), [])
  t.deepEqual(await open(0o1777), [], 'nobody can move what is ours')
  const told = await open(0o777)
  t.is(told.length, 1)
  t.regex(told[0] ?? '', /open to other users of this machine: others than its owner may write to .*shared/)
})
