import { join } from 'node:path'
import { openSessions, type Sessions, type SessionsOptions } from '../../../../src/lib/index.js'
import { DjangoProject, djangoMissing, SECRET } from '../../../support/django/project.js'
import { temporaryDirectory } from '../../../support/server-process.js'
import { sqliteUrl } from '../../../support/sqlite.js'
import { testOf } from '../../../support/test-of.js'

const KEY = 'the key of today that nobody can guess'
const django = { title: 'out of Django’s table', missing: djangoMissing }

testOf(django, 'a session of Django moves once, with its data, and is gone from there', async (t) => {
  const path = join(await temporaryDirectory(t), 'site.sqlite3')
  const project = await DjangoProject.migrated({ url: `sqlite:${path}` })
  t.teardown(() => project.stop())
  await project.do('set', { name: 'a', values: { name: 'Ada', visits: [1, 2.5] } })
  const key = await project.do<string>('save', { name: 'a' })
  const options: SessionsOptions = {
    engine: 'db',
    databaseUrl: sqliteUrl(path),
    secretKey: KEY,
    cleanupInterval: 0,
    engineTimeout: 20_000,
    logger: { warn: () => {}, error: () => {} },
    moveFrom: { engine: 'db', codec: 'django', secretKey: SECRET },
  }
  const open = async (more: SessionsOptions = {}): Promise<Sessions> => {
    const sessions = await openSessions({ ...options, ...more })
    t.teardown(() => sessions.close())
    return sessions
  }
  const prepare = await open({ moveStep: 'prepare' })
  t.is((await prepare.open(key)).get('name'), 'Ada')
  const sessions = await open()
  for (let time = 1; time <= 3; time++) {
    const session = await sessions.open(key)
    t.deepEqual(session.get('visits'), [1, 2.5])
    session.transform('times', (times = 0) => Number(times) + 1)
    await session.save()
    t.not(session.id, key)
    const again = await (await open({ moveFrom: undefined })).open(session.id)
    t.is(again.get('times'), time)
  }
  t.is((await prepare.open(key)).get('times'), 3)
  t.is(await project.do('read', { name: 'b', key }), '{}')
})
