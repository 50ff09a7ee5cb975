import { resolve } from 'node:path'
import { inspect } from 'node:util'
import test from 'ava'
import { openDbStore } from '../../../../src/lib/engines/db/db.js'
import { withSettings } from '../../../../src/lib/engines/db/postgres-pool.js'
import { EngineMisconfigured } from '../../../../src/lib/index.js'
import { freePort } from '../../../support/servers/machine.js'

const logger = { warn: () => {}, error: () => {} }

const open = (databaseUrl: string): Promise<unknown> =>
  openDbStore(
    { databaseUrl, databaseTable: 'tessera_sessions', keyPrefix: 'keyv', engineTimeout: 1000 },
    logger,
  )

/** By what is wrong, as a URL with it and what the error says. `hunter2` is in each password. */
const wrong: Readonly<Record<string, readonly [url: string, message: RegExp]>> = {
  'a # in the password': ['://ada:hunter2#x@localhost/app', /in its user or password write # as %23$/],
  'a # behind digits, which look like a port': ['://ada:12#hunter2@localhost/app', /write # as %23$/],
  'a / in the password': ['://ada:hunter2/x@localhost/app', /write \/ as %2F$/],
  'a / behind digits': ['://ada:12/hunter2@localhost/app', /write \/ as %2F$/],
  'a ? in the password': ['://ada:hunter2?x@localhost/app', /write \? as %3F$/],
  'a ? behind an @': ['://ada:x@y?hunter2@localhost/app', /write \? as %3F$/],
  'a % that escapes nothing': ['://ada:hunter2%@localhost/app', /write % as %25$/],
  'a % that escapes no character': ['://ada:hunter2%ff@localhost/app', /write % as %25$/],
  'a port that is none': ['://ada:hunter2@localhost:port/app', /its host or its port is not valid$/],
}

for (const scheme of ['postgres', 'mysql', 'mariadb']) {
  for (const [title, [rest, message]] of Object.entries(wrong)) {
    test(`${scheme}: ${title} is named, and the password is not told`, async (t) => {
      const error = await t.throwsAsync(open(scheme + rest), { instanceOf: EngineMisconfigured, message })
      t.notRegex(inspect(error), /hunter2/)
    })
  }

  test(`${scheme}: escaped, each of them is a password, and so is what needs no escape`, async (t) => {
    const port = await freePort()
    const query = scheme === 'postgres' ? '?application_name=a@b' : ''
    for (const password of ['hunter2%23%2F%3F%25', 'hunter2:@[]!$&*+,;=~^|{}', 'é%C3%A9'])
      await t.throwsAsync(open(`${scheme}://ada:${password}@127.0.0.1:${port}/app${query}`), {
        message: /^the (PostgreSQL|MySQL) database 127\.0\.0\.1:\d+\/app cannot be used: .*ECONNREFUSED/,
      })
  })
}

test('a scheme that is none of ours is named', async (t) => {
  await t.throwsAsync(open('mongodb://localhost/app'), {
    instanceOf: EngineMisconfigured,
    message: /begins with none of sqlite:, postgres:, mysql: and mariadb:/,
  })
})

test('files that a PostgreSQL URL names are those of the start, wherever the process goes', (t) => {
  const { connectionString, options } = withSettings(
    new URL(
      'postgres://ada@h/app?sslmode=require&sslrootcert=certs/ca%20one.pem&sslkey=/k.pem&options=-c%20geqo=off',
    ),
  )
  const { searchParams } = new URL(connectionString)
  t.is(searchParams.get('sslrootcert'), resolve('certs/ca one.pem'))
  t.is(searchParams.get('sslkey'), '/k.pem')
  t.is(searchParams.get('sslmode'), 'require')
  t.regex(options, /^-c geqo=off -c /)
})
