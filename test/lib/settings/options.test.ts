import test from 'ava'
import { openSessions } from '../../../src/lib/index.js'
import { describeSettings } from '../../../src/lib/settings/describe.js'
import { checkOptions, loadSettings } from '../../../src/lib/settings/load.js'
import { LONG_KEY, only, optionsRefusal } from './given.js'

const ENGINES =
  'Give cache, db, cached_db, redis, file, signed_cookies, or the path of a module such as ./my-engine.js.'

test('options stand over the built-in defaults', (t) => {
  const settings = checkOptions({ engine: 'cache', cookieAge: 60 })
  t.like(settings, { engine: 'cache', cookieAge: 60, cookieName: 'sessionid' })
  const layers = new Map(describeSettings(settings).map(({ name, layer }) => [name, layer]))
  t.is(layers.get('SESSION_ENGINE'), 'options')
  t.is(layers.get('COOKIE_NAME'), 'built-in default')
})

test('options are frozen settings, and the caller’s object stays as it is', (t) => {
  const options = { cookieSameSite: 'strict', secretKeyFallbacks: ['one'] }
  const settings = checkOptions(options)
  t.true(Object.isFrozen(settings))
  t.true(Object.isFrozen(settings.secretKeyFallbacks))
  t.deepEqual(options, { cookieSameSite: 'strict', secretKeyFallbacks: ['one'] })
  t.false(Object.isFrozen(options.secretKeyFallbacks))
})

test.serial('options read neither a file nor the environment', (t) => {
  const before = process.env.COOKIE_AGE
  process.env.COOKIE_AGE = '1'
  t.teardown(() => {
    if (before === undefined) delete process.env.COOKIE_AGE
    else process.env.COOKIE_AGE = before
  })
  t.is(checkOptions({}).cookieAge, 1_209_600)
})

test('options that are undefined count as not given', (t) => {
  t.is(checkOptions({ cookieAge: undefined, engine: undefined }).cookieAge, 1_209_600)
})

test('the spellings cookieHttponly and cookieSamesite are understood', (t) => {
  t.like(checkOptions({ cookieHttponly: false, cookieSamesite: 'Strict' }), {
    cookieHttpOnly: false,
    cookieSameSite: 'Strict',
  })
  t.is(checkOptions({ cookieHttponly: false, cookieHttpOnly: false }).cookieHttpOnly, false)
  const [fault] = optionsRefusal(t, { cookieHttponly: false, cookieHttpOnly: true }).faults
  t.regex(fault?.problem ?? '', /cookieHttpOnly and cookieHttponly/)
})

test('all wrong options are named, each with its value and what would be right', (t) => {
  const { faults, message } = optionsRefusal(t, {
    cookieAge: '60',
    engine: 'dbb',
    cookiePaht: '/',
    renewGrace: () => 1,
  })
  t.deepEqual(
    faults.map(({ name, value, layer, remedy }) => ({ name, value, layer, remedy })),
    [
      { name: 'engine', value: "'dbb'", layer: 'options', remedy: `${ENGINES} Did you mean db?` },
      { name: 'cookieAge', value: "'60'", layer: 'options', remedy: 'Drop the quotes: cookieAge: 60.' },
      {
        name: 'renewGrace',
        value: '[Function: renewGrace]',
        layer: 'options',
        remedy: 'Give whole seconds from 0 to 60.',
      },
      { name: 'cookiePaht', value: '••••••', layer: 'options', remedy: 'Did you mean cookiePath?' },
    ],
  )
  for (const { name, remedy } of faults) t.true(message.includes(name) && message.includes(remedy))
})

test('a name as it is in files is asked whether the one in code was meant', (t) => {
  const [fault] = optionsRefusal(t, { COOKIE_AGE: 60 }).faults
  t.is(fault?.remedy, 'Did you mean cookieAge?')
})

test('an environment that can be none is refused', (t) => {
  t.is(checkOptions({ environment: 'staging' }).environment, 'staging')
  t.is(optionsRefusal(t, { environment: 5 }).faults[0]?.name, 'environment')
})

test('a copy of loaded settings is checked again, and the same', async (t) => {
  const env = { SECRET_KEY: LONG_KEY, NODE_ENV: 'staging' }
  const settings = await loadSettings(only({ env }))
  t.deepEqual(checkOptions(settings), settings)
  t.deepEqual(checkOptions({ ...settings }), settings)
})

const production = { environment: 'production' }

test('in production the built-in defaults are those of production, for options too', (t) => {
  const settings = checkOptions(production)
  t.like(settings, {
    environment: 'production',
    cookieName: '__Host-sessionid',
    cookieSecure: true,
    idleTimeout: 1800,
    absoluteTimeout: 28_800,
  })
  const row = describeSettings(settings).find(({ key }) => key === 'idleTimeout')
  t.like(row, { shown: '1800', layer: 'built-in default of production' })
})

test.serial('NODE_ENV says what the environment is, unless an option does', (t) => {
  const before = process.env.NODE_ENV
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  })
  process.env.NODE_ENV = 'production'
  t.like(checkOptions({}), { environment: 'production', cookieSecure: true })
  t.throws(() => checkOptions({ secretKey: 'x' }), { code: 'E_SETTINGS' })
  t.like(checkOptions({ environment: 'development' }), { cookieSecure: false, cookieName: 'sessionid' })
  process.env.NODE_ENV = ''
  t.is(checkOptions({}).environment, 'development')
  delete process.env.NODE_ENV
  t.is(checkOptions({}).environment, 'development')
})

for (const [options, expected] of [
  [{ cookieName: 'sid' }, { cookieName: 'sid', cookieSecure: true }],
  [{ cookieSecure: false }, { cookieName: 'sessionid', cookieSecure: false }],
  [{ cookieSecure: 'auto' }, { cookieName: 'sessionid', cookieSecure: 'auto' }],
  [{ cookieDomain: 'a.com' }, { cookieName: '__Secure-sessionid', cookieDomain: 'a.com' }],
  [{ cookiePath: '/app' }, { cookieName: '__Secure-sessionid', cookiePath: '/app' }],
  [{ idleTimeout: 60 }, { idleTimeout: 60, absoluteTimeout: 28_800 }],
  [{ absoluteTimeout: 600 }, { idleTimeout: 1800, absoluteTimeout: 600 }],
  [
    { idleTimeout: null, absoluteTimeout: null },
    { idleTimeout: undefined, absoluteTimeout: undefined },
  ],
  [{ idleTimeout: undefined }, { idleTimeout: 1800 }],
] as const) {
  test(`in production ${JSON.stringify(options)} overrides the defaults`, (t) => {
    t.like(checkOptions({ ...production, ...options }), expected)
  })
}

test('a name that somebody has given is kept, and refused where browsers would drop the cookie', (t) => {
  const [fault] = optionsRefusal(t, { ...production, cookieName: '__Host-sid', cookieSecure: false }).faults
  t.is(fault?.name, 'cookieName')
})

test('what production’s files have turned off stays off in a copy of the settings', async (t) => {
  const env = { NODE_ENV: 'production', SECRET_KEY: LONG_KEY, IDLE_TIMEOUT: '', ABSOLUTE_TIMEOUT: '' }
  const settings = await loadSettings(only({ env }))
  t.is(settings.idleTimeout, undefined)
  t.like(checkOptions({ ...settings, cookieName: 'sid' }), {
    cookieName: 'sid',
    cookieSecure: true,
    idleTimeout: undefined,
    absoluteTimeout: undefined,
  })
})

test('options that silence the warnings still have production’s defaults', (t) => {
  t.like(checkOptions({ ...production, warnings: [] }), { cookieSecure: true, idleTimeout: 1800 })
})

test('S55 weak keys in options are refused in production and warned of elsewhere, wherever they are given', (t) => {
  for (const keys of [
    { secretKey: 'x' },
    { secretKey: LONG_KEY, secretKeyFallbacks: ['x'] },
    { secretKey: LONG_KEY, secretKeyFallbacks: [LONG_KEY] },
  ]) {
    const options = { engine: 'signed_cookies', ...keys }
    t.is(optionsRefusal(t, { ...production, ...options }).faults.length, 1)
    const { warnings } = checkOptions(options)
    t.is(warnings.length, 1)
    t.regex(warnings[0] ?? '', /^secretKey(Fallbacks)? \(options\) .*Give 32 characters or more/)
  }
})

for (const environment of ['prod', 'Production', 'PRODUCTION', 'prodution']) {
  test(`the environment ${environment} is a warning: production was meant`, (t) => {
    const { warnings, cookieSecure } = checkOptions({ environment })
    t.regex(warnings.join(), /has the settings of development: .* Did you mean production\?/)
    t.false(cookieSecure)
  })
}

test('openSessions logs what there is to warn of: of the options, and of what was loaded', async (t) => {
  const logged: string[] = []
  const log = (_details: object, message: string): void => {
    logged.push(message)
  }
  const logger = { warn: log, error: log }
  const env = { SESSION_ENGINE: 'cache', COOKIE_AEG: '1' }
  const sessions = await openSessions({ ...(await loadSettings(only({ env }))), logger })
  await sessions.close()
  t.is(logged.length, 2)
  t.regex(logged[0] ?? '', /^COOKIE_AEG .* Did you mean COOKIE_AGE/)
  t.regex(logged[1] ?? '', /^SECRET_KEY is not set/)

  logged.length = 0
  const weak = await openSessions({ engine: 'cache', secretKey: 'x', logger })
  await weak.close()
  t.is(logged.length, 1)
  t.regex(logged[0] ?? '', /^secretKey .*is shorter than 32 characters/)
})

test('what is given for a move that moves nothing is told at the start', (t) => {
  for (const alone of [
    { moveStep: 'prepare' },
    { moveFrom: undefined, moveStep: 'prepare', engine: 'file' },
  ] as const)
    t.deepEqual(checkOptions(alone).warnings, [
      'moveStep has no effect without MOVE_FROM: no session is looked for in another store.',
    ])
  t.deepEqual(checkOptions({ moveStep: 'move' }).warnings, [], 'as by default')
  t.deepEqual(checkOptions({ moveFrom: { engine: 'file' }, moveStep: 'prepare' }).warnings, [])
})
