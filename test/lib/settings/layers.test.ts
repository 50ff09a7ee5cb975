import { resolve } from 'node:path'
import test from 'ava'
import { describeSettings } from '../../../src/lib/settings/describe.js'
import { loadSettings, readSettings } from '../../../src/lib/settings/load.js'
import type { Settings } from '../../../src/lib/settings/settings.js'
import { configWith, only, refusal, theFault } from './given.js'

function layerOf(settings: Settings, name: string): string | undefined {
  return describeSettings(settings).find((row) => row.name === name)?.layer
}

test('each layer wins over the ones before it, and every value knows its layer', async (t) => {
  const all = 'ENGINE_TIMEOUT: 1, COOKIE_AGE: 1, RENEW_GRACE: 1, CACHE_MAX_SESSIONS: 1'
  const configDir = await configWith(t, {
    default: `{ ${all}, KEY_PREFIX: 'default' }`,
    staging: '{ COOKIE_AGE: 2, RENEW_GRACE: 2, CACHE_MAX_SESSIONS: 2, ENGINE_TIMEOUT: 2 }',
    local: '{ RENEW_GRACE: 3, CACHE_MAX_SESSIONS: 3, ENGINE_TIMEOUT: 3 }',
    other: '{ KEY_PREFIX: "other" }',
  })
  const env = { NODE_ENV: 'staging', CACHE_MAX_SESSIONS: '4', ENGINE_TIMEOUT: '4' }
  const settings = await loadSettings({ configDir, env, overrides: { engineTimeout: 5 } })

  t.like(settings, {
    keyPrefix: 'default',
    cookieAge: 2,
    renewGrace: 3,
    cacheMaxSessions: 4,
    engineTimeout: 5,
    nestedChanges: 'compare',
  })
  t.is(settings.environment, 'staging')
  t.is(layerOf(settings, 'NESTED_CHANGES'), 'built-in default')
  t.is(layerOf(settings, 'KEY_PREFIX'), 'config/default.json5')
  t.is(layerOf(settings, 'COOKIE_AGE'), 'config/staging.json5')
  t.is(layerOf(settings, 'RENEW_GRACE'), 'config/local.json5')
  t.is(layerOf(settings, 'CACHE_MAX_SESSIONS'), 'environment')
  t.is(layerOf(settings, 'ENGINE_TIMEOUT'), 'override')
  t.is(layerOf(settings, 'SECRET_KEY'), 'generated')
})

test('without files and variables there are the built-in defaults, for development', async (t) => {
  const { secretKey, warnings, ...settings } = await loadSettings(only({}))
  t.deepEqual(settings, {
    engine: 'db',
    cookieAge: 1_209_600,
    expireAtBrowserClose: false,
    idleTimeout: undefined,
    absoluteTimeout: undefined,
    touchAfter: 0.2,
    renewAfter: undefined,
    renewGrace: 30,
    saveEveryRequest: false,
    nestedChanges: 'compare',
    cookieName: 'sessionid',
    cookiePath: '/',
    cookieDomain: undefined,
    cookieHttpOnly: true,
    cookieSameSite: 'Lax',
    cookieSecure: false,
    cookiePartitioned: false,
    cookiePriority: undefined,
    secretKeyFallbacks: [],
    databaseUrl: `sqlite:${resolve('var/sessions.sqlite')}`,
    databaseTable: 'tessera_sessions',
    databaseSchema: undefined,
    redisUrl: 'redis://127.0.0.1:6379',
    filePath: resolve('var/sessions'),
    cacheMaxSessions: 10_000,
    cacheTtl: 5,
    cleanupInterval: 3600,
    cookieCodec: 'sealed',
    codec: 'json',
    plainRecordsUntil: undefined,
    sealedSince: undefined,
    revocationStore: 'none',
    maxSessionsPerUser: 0,
    maxSessionsPolicy: 'evict-oldest',
    keyPrefix: 'keyv',
    engineTimeout: 2000,
    djangoTimeZone: undefined,
    moveFrom: undefined,
    moveStep: 'move',
    moveFromDatabaseUrl: undefined,
    moveFromDatabaseTable: undefined,
    moveFromDatabaseSchema: undefined,
    moveFromRedisUrl: undefined,
    moveFromFilePath: undefined,
    moveFromCodec: undefined,
    moveFromKeyPrefix: undefined,
    moveFromSecretKey: undefined,
    environment: 'development',
    own: {},
  })
  t.is(warnings.length, 1)
  t.true((secretKey?.length ?? 0) >= 32)
})

test('settings cannot be changed, nor can the lists in them', async (t) => {
  const settings = await loadSettings(only({ env: { SECRET_KEY_FALLBACKS: 'one,two' } }))
  t.true(Object.isFrozen(settings))
  t.true(Object.isFrozen(settings.secretKeyFallbacks))
  t.true(Object.isFrozen((await loadSettings(only({}))).secretKeyFallbacks))
})

test('a list that the caller handed over stays the caller’s', async (t) => {
  const secretKeyFallbacks = ['one']
  const settings = await loadSettings(only({ overrides: { secretKeyFallbacks } }))
  secretKeyFallbacks.push('two')
  t.deepEqual(settings.secretKeyFallbacks, ['one'])
})

test('an override that is undefined counts as not given', async (t) => {
  const settings = await loadSettings(
    only({ env: { RENEW_GRACE: '50' }, overrides: { renewGrace: undefined } }),
  )
  t.is(settings.renewGrace, 50)
})

test('an override of the environment picks the file', async (t) => {
  const configDir = await configWith(t, { staging: '{ RENEW_GRACE: 1 }', other: '{ RENEW_GRACE: 2 }' })
  const settings = await loadSettings({
    configDir,
    env: { NODE_ENV: 'other' },
    overrides: { environment: 'staging' },
  })
  t.is(settings.environment, 'staging')
  t.is(settings.renewGrace, 1)
})

test('Django’s prefix is understood in files and in the environment', async (t) => {
  const configDir = await configWith(t, {
    default: '{ SESSION_COOKIE_AGE: 7, SESSION_SAVE_EVERY_REQUEST: true }',
  })
  const env = { SESSION_COOKIE_NAME: 'sid', SESSION_EXPIRE_AT_BROWSER_CLOSE: '1' }
  const settings = await loadSettings({ configDir, env })
  t.like(settings, { cookieAge: 7, saveEveryRequest: true, cookieName: 'sid', expireAtBrowserClose: true })
})

test('Django’s prefix is not understood where Django has no such setting', async (t) => {
  const configDir = await configWith(t, { default: '{ SESSION_KEY_PREFIX: 1 }' })
  t.is((await theFault(t, { configDir })).name, 'SESSION_KEY_PREFIX')
})

test('one setting under two spellings in one layer is fine if the values agree', async (t) => {
  const env = { COOKIE_SAMESITE: 'strict', SESSION_COOKIE_SAMESITE: 'Strict' }
  t.is((await loadSettings(only({ env }))).cookieSameSite, 'Strict')
})

test('one setting under two spellings in one layer is a fault if the values differ', async (t) => {
  const fault = await theFault(t, { env: { COOKIE_AGE: '30', SESSION_COOKIE_AGE: '60' } })
  t.is(fault.layer, 'environment')
  t.regex(fault.problem, /COOKIE_AGE and SESSION_COOKIE_AGE/)
})

test('one setting under two spellings in two layers: the later layer wins', async (t) => {
  const configDir = await configWith(t, { default: '{ COOKIE_AGE: 30 }' })
  t.is((await loadSettings({ configDir, env: { SESSION_COOKIE_AGE: '60' } })).cookieAge, 60)
})

test('a wrong value stops the start even where a later layer has a right one', async (t) => {
  const configDir = await configWith(t, { default: '{ COOKIE_AGE: 0 }' })
  const { faults } = await refusal(t, { configDir, env: { COOKIE_AGE: '60' } })
  t.deepEqual(
    faults.map(({ layer }) => layer),
    ['config/default.json5'],
  )
})

test('only the value that is in effect is marked as wrong', async (t) => {
  const configDir = await configWith(t, {
    default: '{ COOKIE_AGE: 0, RENEW_GRACE: 1 }',
    local: '{ RENEW_GRACE: -1 }',
  })
  const { rows, settings } = await readSettings({ configDir, env: { COOKIE_AGE: '60' } })
  t.is(settings, undefined)
  t.deepEqual(
    rows.filter(({ faulty }) => faulty).map(({ name, shown, layer }) => ({ name, shown, layer })),
    [{ name: 'RENEW_GRACE', shown: '-1', layer: 'config/local.json5' }],
  )
})

test.serial('with an environment handed in, nothing of the process’s own is read', async (t) => {
  const own = process.env
  const read: PropertyKey[] = []
  t.teardown(() => {
    process.env = own
  })
  process.env = new Proxy(
    { NODE_ENV: 'staging', COOKIE_AGE: '1', NODE_CONFIG: '{"RENEW_GRACE":1}', NODE_CONFIG_DIR: 'elsewhere' },
    {
      get(target, name) {
        read.push(name)
        return Reflect.get(target, name)
      },
      ownKeys(target) {
        read.push('all of it')
        return Reflect.ownKeys(target)
      },
    },
  )
  const configDir = await configWith(t, { staging: '{ RENEW_GRACE: 2 }', default: '{ KEY_PREFIX: "k" }' })
  read.length = 0
  const settings = await loadSettings({ configDir, env: {} })
  t.deepEqual(read, [])
  t.like(settings, { environment: 'development', cookieAge: 1_209_600, renewGrace: 30, keyPrefix: 'k' })
  t.like(await loadSettings({ configDir }), { environment: 'staging', cookieAge: 1, renewGrace: 2 })
})
