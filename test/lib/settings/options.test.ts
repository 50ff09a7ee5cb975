import test from 'ava'
import { describeSettings } from '../../../src/lib/settings/describe.js'
import { loadSettings } from '../../../src/lib/settings/load.js'
import { checkOptions } from '../../../src/lib/settings/options.js'
import { only, optionsRefusal } from './given.js'

const ENGINES =
  'Give cache, db, cached_db, redis, file, signed_cookies, or the path of a module such as ./my-engine.js.'

test('options stand over the built-in defaults', (t) => {
  const settings = checkOptions({ engine: 'cache', cookieAge: 60 })
  t.like(settings, { engine: 'cache', cookieAge: 60, cookieName: 'sessionid', environment: 'development' })
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
    port: () => 1,
  })
  t.deepEqual(
    faults.map(({ name, value, layer, remedy }) => ({ name, value, layer, remedy })),
    [
      { name: 'engine', value: "'dbb'", layer: 'options', remedy: `${ENGINES} Did you mean db?` },
      { name: 'cookieAge', value: "'60'", layer: 'options', remedy: 'Drop the quotes: cookieAge: 60.' },
      {
        name: 'port',
        value: '[Function: port]',
        layer: 'options',
        remedy: 'Give a port from 0 (any free one) to 65535.',
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

test('loaded settings come back as they are', async (t) => {
  const settings = await loadSettings(only({}))
  t.is(checkOptions(settings), settings)
})

test('a copy of loaded settings is checked again, and the same', async (t) => {
  const settings = await loadSettings(only({ env: { SECRET_KEY_FALLBACKS: 'one', NODE_ENV: 'staging' } }))
  t.deepEqual(checkOptions({ ...settings }), settings)
})
