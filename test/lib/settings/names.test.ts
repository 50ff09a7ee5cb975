import test from 'ava'
import { openSessions } from '../../../src/lib/index.js'
import { setting } from '../../../src/lib/settings/definitions.js'
import { describeSettings } from '../../../src/lib/settings/describe.js'
import { type Kind, kinds } from '../../../src/lib/settings/kinds.js'
import { checkOptions, loadSettings, readSettings } from '../../../src/lib/settings/load.js'
import { configWith, LONG_KEY, only, optionsRefusal, refusal, theFault } from './given.js'

/** What other programs keep in the environment under these names. */
for (const env of [
  { LOG_LEVEL: 'verbose' },
  { PORT: '/run/app.sock', HOST: '' },
  { METRICS: 'prometheus', TRUST_PROXY: 'loopback', SHOW_INTERNALS: 'some' },
  { REQUEST_TIMEOUT: '5s', MAX_CONNECTIONS: 'all' },
  { SESSION_ENGINE: 'redis', DATABASE_URL: 'mongodb://user:pw@h/d' },
  { SESSION_ENGINE: 'db', REDIS_URL: 'memcached://h', CACHE_TTL: '5m', CACHE_MAX_SESSIONS: '' },
  { SESSION_ENGINE: 'cache', DATABASE_TABLE: 'public.users', DATABASE_SCHEMA: 'my-schema' },
  { SESSION_ENGINE: 'signed_cookies', REVOCATION_STORE: 'db', REDIS_URL: 'no' },
  { SESSION_ENGINE: './my-engine.js', DATABASE_URL: 'mongodb://h/d', REDIS_URL: 'no' },
]) {
  test(`a variable of another program stops nothing: ${JSON.stringify(env)}`, async (t) => {
    const settings = await loadSettings(only({ env: { ...env, SECRET_KEY: LONG_KEY } }))
    t.deepEqual(settings.warnings, [])
    t.false('port' in settings || 'logLevel' in settings)
  })
}

test('a URL that no engine uses is none: the default stands in its place', async (t) => {
  const env = { SESSION_ENGINE: 'redis', DATABASE_URL: 'mongodb://user:hunter2@h/d' }
  const settings = await loadSettings(only({ env }))
  t.regex(settings.databaseUrl, /^sqlite:\//)
  t.is(describeSettings(settings).find(({ key }) => key === 'databaseUrl')?.layer, 'built-in default')
})

for (const [env, name] of [
  [{ SESSION_ENGINE: 'db', DATABASE_URL: 'mongodb://h/d' }, 'DATABASE_URL'],
  [{ SESSION_ENGINE: 'cached_db', DATABASE_URL: 'mongodb://h/d' }, 'DATABASE_URL'],
  [{ SESSION_ENGINE: 'redis', REDIS_URL: 'no' }, 'REDIS_URL'],
  [{ SESSION_ENGINE: 'signed_cookies', REVOCATION_STORE: 'redis', REDIS_URL: 'no' }, 'REDIS_URL'],
] as const) {
  test(`${JSON.stringify(env)} is refused: the chosen engine uses it`, async (t) => {
    t.is((await theFault(t, { env })).name, name)
  })
}

test('with an engine of one’s own, options for other engines are not judged', (t) => {
  const engine = () => {}
  t.is(checkOptions({ engine, databaseUrl: 'mongodb://h/d' }).engine, 'db')
  t.is(optionsRefusal(t, { databaseUrl: 'mongodb://h/d' }).faults.length, 1)
})

test('openSessions does not know the settings of a server', async (t) => {
  const options = { engine: 'cache', port: 3000, trustProxy: true, logLevel: 'info' } as const
  const error = await t.throwsAsync(openSessions(options), { code: 'E_SETTINGS' })
  for (const name of ['port', 'trustProxy', 'logLevel'])
    t.regex(error?.message ?? '', new RegExp(`${name} = •••••• \\(options\\) is no setting`))
})

const own = {
  port: setting(kinds.wholeNumber({ min: 0, max: 65_535, right: 'a port' }), {
    name: 'PORT',
    default: 3000,
    meaning: 'the port',
  }),
  apiKey: setting(kinds.optional(kinds.text({ right: 'the key of the service' })), {
    name: 'API_KEY',
    default: undefined,
    meaning: 'the key of a service',
  }),
  cookieAge: setting(kinds.flag, {
    name: 'BISCUITS',
    default: false,
    production: { value: true },
    meaning: 'x',
  }),
}

test('an application adds settings of its own: the same layers, the same checks, types', async (t) => {
  const configDir = await configWith(t, { default: '{ PORT: 1, API_KEY: "hunter2", COOKIE_AGE: 60 }' })
  const settings = await loadSettings({ configDir, env: { PORT: '2' }, own })
  const port: number = settings.own.port
  const apiKey: string | undefined = settings.own.apiKey
  t.is(port, 2)
  t.is(apiKey, 'hunter2')
  t.is(settings.cookieAge, 60)
  t.is(settings.own.cookieAge, false)
  t.true(Object.isFrozen(settings.own))
  t.deepEqual(
    describeSettings(settings)
      .filter(({ key }) => key.startsWith('own.'))
      .map(({ name, shown, layer }) => [name, shown, layer]),
    [
      ['PORT', '2', 'environment'],
      ['API_KEY', '••••••', 'config/default.json5'],
      ['BISCUITS', 'false', 'built-in default'],
    ],
  )
  const over = await loadSettings({ configDir, env: {}, own, overrides: { own: { port: 5 } } })
  t.is(over.own.port, 5)
  const production = { NODE_ENV: 'production', SECRET_KEY: LONG_KEY }
  t.true((await loadSettings(only({ env: production, own: undefined }))).cookieSecure)
  t.true((await loadSettings({ configDir, env: production, own })).own.cookieAge)
})

test('a kind of the application’s own checks whatever it likes', async (t) => {
  const mail: Kind<{ readonly host: string }> = {
    check: (value) =>
      typeof value === 'object' && value !== null && 'host' in value && typeof value.host === 'string'
        ? { value: { host: value.host } }
        : { problem: 'has no host' },
    read: (text) => ({ host: text }),
    right: 'a host',
  }
  const definitions = {
    mail: setting(mail, { name: 'MAIL', default: { host: 'localhost' }, meaning: 'mail' }),
  }
  const configDir = await configWith(t, { default: '{ MAIL: { host: "a" } }' })
  t.is((await loadSettings({ configDir, env: {}, own: definitions })).own.mail.host, 'a')
  t.is((await loadSettings({ configDir, env: { MAIL: 'b' }, own: definitions })).own.mail.host, 'b')
  const { faults } = await readSettings(
    only({ own: definitions, overrides: { own: { mail: { host: 1 } } as object } }),
  )
  t.like(faults, [{ name: 'own.mail', value: '••••••', problem: 'has no host', remedy: 'Give a host.' }])
})

test('settings with an application’s own are what openSessions takes, copied or not', async (t) => {
  const settings = await loadSettings({ configDir: 'nowhere', env: { SESSION_ENGINE: 'cache' }, own })
  const logger = { warn: () => {}, error: () => {} }
  const sessions = await openSessions({ ...settings, logger })
  await sessions.close()
  t.is(sessions.engine.name, 'cache')
  t.is(checkOptions(settings).engine, 'cache')
})

test('a wrong value of an application’s own setting stops the start, in each layer under its own name', async (t) => {
  const configDir = await configWith(t, { default: '{ PORT: -1 }' })
  const { faults } = await readSettings({
    configDir,
    env: { PORT: 'x' },
    own,
    overrides: { own: { port: 70_000 } },
  })
  t.deepEqual(
    faults.map(({ name, value, layer }) => [name, value, layer]),
    [
      ['PORT', '-1', 'config/default.json5'],
      ['PORT', "'x'", 'environment'],
      ['own.port', '70000', 'override'],
    ],
  )
})

test('a name in a file that nobody has declared stops the start, and it is said how to declare it', async (t) => {
  const configDir = await configWith(t, { default: '{ PORT: 1, MAIL: {}, STRIPE: "k" }' })
  const { faults } = await refusal(t, { configDir })
  t.deepEqual(
    faults.map(({ name }) => name),
    ['PORT', 'MAIL', 'STRIPE'],
  )
  t.regex(
    faults[0]?.remedy ?? '',
    /^There are SESSION_ENGINE, .*declares its own: loadSettings\(\{ own: … \}\)\.$/,
  )
  t.deepEqual(
    faults.slice(1).map(({ remedy }) => remedy),
    ['See the names above.', 'See the names above.'],
  )
  const { faults: others } = await readSettings({ configDir, env: {}, own })
  t.deepEqual(
    others.map(({ name }) => name),
    ['MAIL', 'STRIPE'],
  )
})

for (const name of ['SECRET_KEY', 'SESSION_COOKIE_AGE']) {
  test(`an application's own setting cannot be named ${name}`, async (t) => {
    const taken = { mine: setting(kinds.flag, { name, default: false, meaning: 'mine' }) }
    await t.throwsAsync(loadSettings({ configDir: 'nowhere', env: {}, own: taken }), {
      instanceOf: TypeError,
      message: `own.mine cannot be named ${name}: the sessions have a setting of that name`,
    })
  })
}

/** Options of koa-session, express-session and cookie-session, and what their fault has to name. */
for (const [name, value, said] of [
  ['maxAge', 86_400_000, 'cookieAge: 86400'],
  ['maxAge', 'session', 'expireAtBrowserClose: true'],
  ['maxAge', undefined, undefined],
  ['key', 'koa.sess', 'cookieName'],
  ['name', 'connect.sid', 'cookieName'],
  ['secret', 'hunter2', 'secretKey'],
  ['secret', ['hunter2'], 'secretKeyFallbacks'],
  ['keys', ['hunter2'], 'secretKey'],
  ['rolling', true, 'saveEveryRequest'],
  ['renew', true, 'idleTimeout'],
  ['store', {}, 'engine'],
  ['ContextStore', class {}, 'engine'],
  ['signed', true, 'signed_cookies'],
  ['cookie', { maxAge: 1 }, 'cookieAge (seconds)'],
  ['genid', () => '', 'generateId'],
  ['prefix', 'a', 'keyPrefix'],
  ['httpOnly', true, 'cookieHttpOnly'],
  ['secure', true, 'cookieSecure'],
  ['sameSite', 'lax', 'cookieSameSite'],
  ['domain', 'a.com', 'cookieDomain'],
  ['path', '/', 'cookiePath'],
  ['encode', () => '', 'codec'],
  ['overwrite', true, 'Leave it out'],
  ['resave', false, 'Leave it out'],
  ['saveUninitialized', false, 'Leave it out'],
  ['autoCommit', false, 'session.save()'],
  ['externalKey', {}, 'sessions.open(id)'],
  ['unset', 'destroy', 'session.flush()'],
  ['proxy', true, 'app.proxy = true'],
] as const) {
  test(`openSessions({ ${name}: ${JSON.stringify(value)} }) names ${said}, and no list`, (t) => {
    if (said === undefined) return t.notThrows(() => checkOptions({ [name]: value }))
    const { faults, message } = optionsRefusal(t, { [name]: value })
    t.is(faults.length, 1)
    t.true(faults[0]?.remedy.includes(said), faults[0]?.remedy)
    t.notRegex(message, /There are|hunter2/)
  })
}

test('the names of all options are listed once, however many are unknown', (t) => {
  const { message } = optionsRefusal(t, { maxAge: 1, wobble: 1, wibble: 2, rolling: true, store: {} })
  t.is(message.match(/There are engine, /g)?.length, 1)
  t.is(message.match(/saveEveryRequest/g)?.length, 2)
  t.true(message.length < 2500)
})
