import { inspect } from 'node:util'
import test from 'ava'
import { describeSettings } from '../../../src/lib/settings/describe.js'
import { loadSettings, readSettings } from '../../../src/lib/settings/load.js'
import { configWith, LONG_KEY, only, optionsRefusal, refusal, theFault } from './given.js'

test('the message names every fault of every layer: the setting, the value, the layer, what would be right', async (t) => {
  const configDir = await configWith(t, {
    default: '{ COOKIE_AGE: "ten", KOOKIE_NAME: "a" }',
    local: '{ RENEW_GRACE: -1 }',
  })
  const env = { SESSION_ENGINE: 'dbb', COOKIE_SAMESITE: 'none' }
  const { message, faults } = await refusal(t, { configDir, env, overrides: { engineTimeout: 0 } })
  t.is(faults.length, 6)
  t.is(
    message,
    `6 settings are wrong:

  SESSION_ENGINE = 'dbb' (environment) is no engine.
    Give cache, db, cached_db, redis, file, signed_cookies, or the path of a module such as ./my-engine.js. Did you mean db?

  COOKIE_AGE = 'ten' (config/default.json5) is not a whole number.
    Give whole seconds from 1 to 34560000 (400 days: browsers keep no cookie for longer).

  RENEW_GRACE = -1 (config/local.json5) is less than 0.
    Give whole seconds from 0 to 60.

  engineTimeout = 0 (override) is less than 1.
    Give whole milliseconds from 1 to 60000 (one minute).

  KOOKIE_NAME = •••••• (config/default.json5) is no setting.
    Did you mean COOKIE_NAME?

  COOKIE_SAMESITE = 'None' (environment) needs COOKIE_SECURE to be true, which is false (built-in default).
    Browsers drop the cookie otherwise: set COOKIE_SECURE to true, or choose another COOKIE_SAMESITE.`,
  )
})

test('a value that is like none of the choices is not taken for one', async (t) => {
  t.is(
    (await theFault(t, { env: { SESSION_ENGINE: 'xy' } })).remedy,
    'Give cache, db, cached_db, redis, file, signed_cookies, or the path of a module such as ./my-engine.js.',
  )
})

test('one fault is told in the singular', async (t) => {
  t.regex(
    (await refusal(t, { env: { RENEW_GRACE: 'x' } })).message,
    /^A setting is wrong:\n\n {2}RENEW_GRACE = 'x' /,
  )
})

for (const [given, meant] of [
  ['cookieAge', 'COOKIE_AGE'],
  ['cookie_age', 'COOKIE_AGE'],
  ['COOKIE_AEG', 'COOKIE_AGE'],
  ['SESION_ENGINE', 'SESSION_ENGINE'],
  ['SESSION_COOKIE_AG', 'SESSION_COOKIE_AGE'],
] as const) {
  test(`a file with the name ${given} is asked whether ${meant} was meant`, async (t) => {
    const fault = await theFault(t, { configDir: await configWith(t, { default: `{ ${given}: 30 }` }) })
    t.is(fault.name, given)
    t.is(fault.remedy, `Did you mean ${meant}?`)
  })
}

for (const given of ['WHATEVER', '__proto__', 'constructor', 'toString', 'DB']) {
  test(`a file with the name ${given}, like no setting's, is told the settings' names`, async (t) => {
    const fault = await theFault(t, { configDir: await configWith(t, { default: `{ ${given}: {} }` }) })
    t.is(fault.name, given)
    t.regex(
      fault.remedy,
      /^There are SESSION_ENGINE, COOKIE_AGE, SESSION_COOKIE_AGE, .*ENGINE_TIMEOUT\. An application declares/,
    )
  })
}

test('a control character in a value is shown as an escape', async (t) => {
  const { message } = await refusal(t, { env: { COOKIE_NAME: 'a\u001b[31m\r\nb' } })
  t.true(message.includes("'a\\x1B[31m\\r\\nb'"), message)
})

test('a very long value is cut short', async (t) => {
  t.true((await refusal(t, { env: { COOKIE_NAME: ' '.repeat(10_000) } })).message.length < 500)
})

/** The secret in each of these is `hunter2`. */
const secrets: readonly Readonly<Record<string, string>>[] = [
  { SECRET_KEY: 'hunter2' },
  { SECRET_KEY: `hunter2${LONG_KEY}` },
  { SECRET_KEY_FALLBACKS: 'hunter2' },
  { SECRET_KEY_FALLBACKS: 'hunter2,,hunter2' },
  { REDIS_URL: 'redis://user:hunter2@h' },
  { REDIS_URL: 'rediss://:hunter2@h' },
  { REDIS_URL: 'redis://hunter2@h' },
  { REDIS_URL: 'redis://user:hun@ter2hunter2@h' },
  { REDIS_URL: 'redis://user:a/hunter2?#@h' },
  { REDIS_URL: 'redis://h?password=hunter2' },
  ...['sslpassword', '%70assword', 'p%61ss', 'auth', 'PASSWORD', 'api_key', 'sslkey'].map((name) => ({
    SESSION_ENGINE: 'redis',
    REDIS_URL: `redis://h/0?a=b&${name}=hunter2`,
  })),
  { SESSION_ENGINE: 'db', DATABASE_URL: 'postgres://h/d?sslpassword=hunter2' },
  { SESSION_ENGINE: 'db', DATABASE_URL: 'postgres://h/d?options=-c%20secret%3Dhunter2#hunter2' },
  { SESSION_ENGINE: 'db', DATABASE_URL: 'postgres://hunter2@h/d' },
  { SESSION_ENGINE: 'db', DATABASE_URL: 'postgres://u:12/hunter2@h/d' },
  { SESSION_ENGINE: 'db', DATABASE_URL: 'postgres://u:12/?hunter2@h/d' },
  { SESSION_ENGINE: 'db', DATABASE_URL: 'postgres://u:hunter2%40h/d' },
  { SESSION_ENGINE: 'db', DATABASE_URL: 'postgres://u:hunter2 @h/d' },
  { SESSION_ENGINE: 'db', DATABASE_URL: 'mongodb+srv://u:hunter2@h/d' },
  { SESSION_ENGINE: 'db', DATABASE_URL: 'sqlite:a.sqlite?key=hunter2' },
  { REDIS_URL: 'redis://:hunter2' },
  { REDIS_URL: 'redis:hunter2@h' },
  { REDIS_URL: 'user:hunter2@h' },
  { REDIS_URL: 'hunter2@h' },
  { REDIS_URL: 'http://user:hunter2@h' },
  { REDIS_URL: 'redis://user:hunter2@h:99999' },
  { REDIS_URL: 'redis+sentinel://:hunter2@h,i:26379/name' },
  { REDIS_URL: 'redis+sentinel://u:hun@ter2hunter2@h:26379' },
  { DATABASE_URL: 'postgres://user:hunter2@h/d' },
  { DATABASE_URL: 'mysql://user:hunter2@h/d?x=y@z' },
  { SECRTE_KEY: 'hunter2' },
  { SESSION_SECRET_KEY: 'hunter2' },
  { SESSION_COOKIE_NAM: 'hunter2' },
]

const withEngine = (given: Readonly<Record<string, string>>) =>
  'REDIS_URL' in given ? { SESSION_ENGINE: 'redis', ...given } : given

for (const given of secrets.map(withEngine)) {
  for (const NODE_ENV of ['development', 'production']) {
    const pair = Object.entries(given).at(-1) ?? []
    test(`no row, warning or fault shows the secret in ${pair.join('=')}, in ${NODE_ENV}`, async (t) => {
      const configDir = await configWith(t, { [NODE_ENV]: JSON.stringify(given) })
      for (const reading of [
        await readSettings({ configDir, env: { NODE_ENV } }),
        await readSettings(only({ env: { NODE_ENV, ...given } })),
      ]) {
        const { rows, warnings, faults } = reading
        t.notRegex(inspect({ rows, warnings, faults }, { depth: null }), /hunter2/)
      }
    })
  }
}

test('a secret of a wrong type, or inside another setting, is not shown', async (t) => {
  const { message, faults } = optionsRefusal(t, {
    secretKey: ['hunter2'],
    engine: 'redis',
    redisUrl: { password: 'hunter2' },
    cookieName: { secretKey: 'hunter2' },
    secretKeey: 'hunter2',
  })
  t.is(faults.length, 4)
  t.notRegex(message, /hunter2/)
  t.notRegex(inspect(faults, { depth: null }), /hunter2/)
})

for (const [given, shown] of [
  ['redis://user:pw@h:1/2', 'redis://h:1/2'],
  ['redis://:pw@h', 'redis://h'],
  ['redis://h:6379/0', 'redis://h:6379/0'],
  ['redis://:a@h,redis://u:b@i:2', 'redis://h,redis://i:2'],
  ['redis://[::1]:6379', 'redis://[::1]:6379'],
  ['rediss://u:p@h:1/0?a=b#c', 'rediss://h:1/0'],
  ['redis+sentinel://u:a@h,i:2/name', 'redis+sentinel://h,i:2/name'],
] as const) {
  test(`of ${given} scheme, hosts, ports and database are shown`, async (t) => {
    const settings = await loadSettings(only({ env: { SESSION_ENGINE: 'redis', REDIS_URL: given } }))
    t.is(settings.redisUrl, given)
    t.is(describeSettings(settings).find(({ key }) => key === 'redisUrl')?.shown, shown)
  })
}

test('the path of a SQLite database is shown, whatever is in it', async (t) => {
  const databaseUrl = 'sqlite:/srv/a:b@2x/s.sqlite'
  const settings = await loadSettings(only({ overrides: { databaseUrl } }))
  t.is(describeSettings(settings).find(({ key }) => key === 'databaseUrl')?.shown, databaseUrl)
})

test('a path beneath the working directory is shown as it was given', async (t) => {
  const settings = await loadSettings(only({}))
  t.is(
    describeSettings(settings).find(({ key }) => key === 'databaseUrl')?.shown,
    'sqlite:var/sessions.sqlite',
  )
  t.is(describeSettings(settings).find(({ key }) => key === 'filePath')?.shown, 'var/sessions')
})

for (const [given, first] of [
  ['~/x.sqlite', '~'],
  ['~', '~'],
  ['~bob/x.sqlite', '~'],
  ['$HOME/x', '$'],
  [`$${'{XDG_STATE_HOME}'}/x`, '$'],
] as const) {
  test(`the path ${given} is refused: no directory of that name is made`, async (t) => {
    const said = `begins with ${first}, which only a shell replaces: write the whole path`
    for (const databaseUrl of [`sqlite:${given}`, `sqlite://${given}`])
      t.is(optionsRefusal(t, { databaseUrl }).faults[0]?.problem, said)
    t.is((await theFault(t, { env: { SESSION_ENGINE: 'file', SESSION_FILE_PATH: given } })).problem, said)
  })
}

test('nothing is known of a copy of settings, and it is said', async (t) => {
  const settings = await loadSettings(only({}))
  t.throws(() => describeSettings({ ...settings }), { instanceOf: TypeError, message: /copy/ })
})
