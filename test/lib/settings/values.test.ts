import { resolve } from 'node:path'
import test from 'ava'
import { type Setting, sessionSettings } from '../../../src/lib/settings/definitions.js'
import { checkOptions, loadSettings } from '../../../src/lib/settings/load.js'
import { configWith, only, optionsRefusal, theFault } from './given.js'

/** The text of a setting, in an environment whose engine uses the setting. */
const given = ({ key, name, usedBy: [engine = 'db'] = [] }: Setting, text: string) => ({
  ...(key !== 'engine' && { SESSION_ENGINE: engine }),
  [name]: text,
})

/** For each setting: texts of the environment and the values they stand for. */
const right: Readonly<Record<string, readonly (readonly [text: string, value: unknown])[]>> = {
  engine: [
    ['db', 'db'],
    ['cache', 'cache'],
    ['django.contrib.sessions.backends.cache', 'cache'],
    ['django.contrib.sessions.backends.db', 'db'],
    ['django.contrib.sessions.backends.signed_cookies', 'signed_cookies'],
    ['./my-engine.js', './my-engine.js'],
    ['/opt/engine.js', '/opt/engine.js'],
  ],
  cookieAge: [
    ['1', 1],
    ['34560000', 34_560_000],
  ],
  saveEveryRequest: [
    ['true', true],
    ['True', true],
    ['1', true],
    ['false', false],
    ['FALSE', false],
    ['0', false],
  ],
  idleTimeout: [
    ['1', 1],
    ['1800', 1800],
    ['', undefined],
  ],
  absoluteTimeout: [
    ['28800', 28_800],
    ['', undefined],
  ],
  touchAfter: [
    ['0', 0],
    ['0.5', 0.5],
  ],
  renewAfter: [
    ['900', 900],
    ['', undefined],
  ],
  renewGrace: [
    ['0', 0],
    ['60', 60],
  ],
  nestedChanges: [['ignore', 'ignore']],
  cookieName: [
    ["a!#$%&'*+-.^_`|~9", "a!#$%&'*+-.^_`|~9"],
    ['a'.repeat(256), 'a'.repeat(256)],
  ],
  cookiePath: [
    ['/a b', '/a b'],
    [`/${'a'.repeat(1023)}`, `/${'a'.repeat(1023)}`],
  ],
  cookieDomain: [
    ['example.com', 'example.com'],
    ['.example.com', '.example.com'],
    ['localhost', 'localhost'],
    ['', undefined],
  ],
  cookieSameSite: [
    ['strict', 'Strict'],
    ['LAX', 'Lax'],
    ['false', false],
    ['False', false],
  ],
  cookieSecure: [
    ['true', true],
    ['0', false],
    ['auto', 'auto'],
    ['AUTO', 'auto'],
  ],
  cookiePartitioned: [['false', false]],
  cookiePriority: [
    ['high', 'High'],
    ['Medium', 'Medium'],
    ['', undefined],
  ],
  secretKey: [['k', 'k']],
  secretKeyFallbacks: [
    ['one', ['one']],
    ['one, two', ['one', 'two']],
    ['', []],
  ],
  databaseUrl: [
    ['sqlite:a.sqlite', `sqlite:${resolve('a.sqlite')}`],
    ['sqlite://a.sqlite', `sqlite:${resolve('a.sqlite')}`],
    ['sqlite:./~/a', `sqlite:${resolve('~/a')}`],
    ['sqlite:///a.sqlite', 'sqlite:/a.sqlite'],
    ['sqlite::memory:', 'sqlite::memory:'],
    ['postgres://u:p@h/d', 'postgres://u:p@h/d'],
    ['mysql://h:3306/d', 'mysql://h:3306/d'],
  ],
  databaseTable: [
    ['sessions_2', 'sessions_2'],
    ['a'.repeat(63), 'a'.repeat(63)],
  ],
  databaseSchema: [
    ['Web', 'Web'],
    ['', undefined],
  ],
  redisUrl: [
    ['rediss://u:p@h:1/2', 'rediss://u:p@h:1/2'],
    ['redis://h:1,redis://h:2', 'redis://h:1,redis://h:2'],
    ['redis://h:1,i:2', 'redis://h:1,i:2'],
    ['redis+cluster://u:p@h:1', 'redis+cluster://u:p@h:1'],
    ['redis+sentinel://h:1,i/name', 'redis+sentinel://h:1,i/name'],
    ['rediss+sentinel://u:p@h/name/3', 'rediss+sentinel://u:p@h/name/3'],
  ],
  filePath: [
    ['a/b', resolve('a/b')],
    ['/a/b', '/a/b'],
  ],
  cacheMaxSessions: [
    ['1', 1],
    ['10000000', 10_000_000],
  ],
  cacheTtl: [['0', 0]],
  cleanupInterval: [['0', 0]],
  cookieCodec: [['signed', 'signed']],
  codec: [['sealed', 'sealed']],
  plainRecordsUntil: [
    ['2026-12-31', '2026-12-31T00:00:00.000Z'],
    ['', undefined],
  ],
  sealedSince: [
    ['2026-12-31T18:00Z', '2026-12-31T18:00:00.000Z'],
    ['2028-02-29T18:00:30.5+02:00', '2028-02-29T16:00:30.500Z'],
  ],
  revocationStore: [
    ['none', 'none'],
    ['db', 'db'],
  ],
  maxSessionsPerUser: [
    ['0', 0],
    ['10000', 10_000],
  ],
  maxSessionsPolicy: [['refuse-new', 'refuse-new']],
  keyPrefix: [
    ['a-B_9', 'a-B_9'],
    ['a'.repeat(64), 'a'.repeat(64)],
  ],
  engineTimeout: [['60000', 60_000]],
  moveFrom: [
    ['file', 'file'],
    ['django.contrib.sessions.backends.file', 'file'],
    ['./old.js', './old.js'],
    ['', undefined],
  ],
  moveStep: [['prepare', 'prepare']],
  djangoTimeZone: [
    ['Europe/Berlin', 'Europe/Berlin'],
    ['UTC', 'UTC'],
    ['', undefined],
  ],
  moveFromDatabaseUrl: [
    ['mysql://u@h/d', 'mysql://u@h/d'],
    ['sqlite:old.sqlite', `sqlite:${resolve('old.sqlite')}`],
  ],
  moveFromDatabaseTable: [['old', 'old']],
  moveFromDatabaseSchema: [['old', 'old']],
  moveFromRedisUrl: [['redis://old:6379', 'redis://old:6379']],
  moveFromFilePath: [['old', resolve('old')]],
  moveFromCodec: [
    ['sealed', 'sealed'],
    ['', undefined],
  ],
  moveFromKeyPrefix: [['old', 'old']],
  moveFromSecretKey: [['Twelve drummers, eleven pipers, ten', 'Twelve drummers, eleven pipers, ten']],
}

const NO_NUMBERS = [
  '',
  'ten',
  'NaN',
  'Infinity',
  '3e1',
  '0x1e',
  '1.5',
  '030',
  '+30',
  ' 30',
  '30 ',
  '1_000',
  '-1',
  '9'.repeat(20),
]

/** For each setting: texts of the environment that are refused. */
const wrong: Readonly<Record<string, readonly string[]>> = {
  engine: ['', 'dbb', 'DB', 'django.contrib.sessions.backends.pickle', 'constructor', 'my-engine.js', './'],
  cookieAge: [...NO_NUMBERS, '0', '34560001'],
  idleTimeout: ['0', '-1', '1.5', 'NaN', '34560001', '10 minuts'],
  absoluteTimeout: ['0', '-1', 'NaN', '34560001'],
  touchAfter: ['', '-0.1', '1', '20%', 'NaN', '.5'],
  renewAfter: ['0', '-1', '1.5'],
  renewGrace: ['', '-1', '61'],
  expireAtBrowserClose: ['', 'yes', 'on', '2', ' true'],
  nestedChanges: ['', 'Compare'],
  cookieName: ['', 'a b', 'a;b', 'a=b', 'a\r\nb', 'a\0', 'ä', '"a"', 'a'.repeat(257)],
  cookiePath: ['', 'a', '/;', '/\n', '/<', '/ä', '/\0', `/${'a'.repeat(1024)}`],
  cookieDomain: ['a;b', 'a b', 'a..b', '-a', 'a\n', 'ä.com', `${'a.'.repeat(127)}aa`],
  cookieHttpOnly: ['', 'no'],
  cookieSameSite: ['', 'true', '0', 'laxx'],
  cookieSecure: ['', 'secure', 'automatic'],
  cookiePartitioned: ['', 'auto'],
  cookiePriority: ['higher', '1', 'false'],
  databaseUrl: ['', 'sqlite:', 'sqlite://', 'postgres:', 'oracle://h/d', 'a.sqlite', 'sqlite:a\0'],
  databaseTable: ['', '1a', 'a-b', 'a.b', 'a b', 'ä', 'a"b', 'a'.repeat(64)],
  databaseSchema: ['1a', 'a.b', 'a;b', 'a'.repeat(64)],
  redisUrl: [
    ...['', 'localhost:6379', 'http://h', 'redis://', 'redis://h:99999', 'redis://h,', 'h,redis://i'],
    ...['redis+sentinel://h', 'redis+sentinel://h/', 'redis+sentinel://h,/name', 'redis+sentinel:///name'],
    ...['redis+sentinel://h/name/zero', 'redis+sentinel://h:99999/name', 'redis://h,redis+sentinel://h/name'],
  ],
  filePath: ['', 'a\0b'],
  cacheMaxSessions: [...NO_NUMBERS, '0', '10000001'],
  revocationStore: ['', 'cached_db', 'signed_cookies', './my-engine.js'],
  maxSessionsPerUser: [...NO_NUMBERS, '10001'],
  maxSessionsPolicy: ['', 'evict', 'Evict-Oldest'],
  keyPrefix: ['', 'a:b', 'ä', 'a'.repeat(65)],
  engineTimeout: [...NO_NUMBERS, '0', '60001'],
  codec: ['', 'Sealed', 'signed'],
  moveFrom: ['nowhere', 'File'],
  moveStep: ['', 'finish'],
  djangoTimeZone: ['Atlantis/Harbour'],
  moveFromDatabaseUrl: ['oracle://u@h/d'],
  moveFromRedisUrl: ['http://old'],
  moveFromKeyPrefix: ['a:b'],
  plainRecordsUntil: ['2026-02-30', '2027-02-29', 'tomorrow', '31.12.2026', '1764590400000'],
  sealedSince: ['2026-12-31T18:00', '2026-12-31T25:00Z', '2026-12-31 18:00Z'],
}

for (const setting of sessionSettings) {
  const { key, name } = setting
  for (const [text, value] of right[key] ?? []) {
    test(`${name}=${text.slice(0, 50)} is right`, async (t) => {
      const settings = await loadSettings(only({ env: { COOKIE_SECURE: '1', ...given(setting, text) } }))
      t.deepEqual(Reflect.get(settings, key), value)
    })
  }
  for (const text of wrong[key] ?? []) {
    test(`${name}=${JSON.stringify(text.slice(0, 50))} is refused, with what would be right`, async (t) => {
      const fault = await theFault(t, { env: given(setting, text) })
      t.is(fault.name, name)
      t.is(fault.layer, 'environment')
      t.true(fault.remedy.includes(setting.right), fault.remedy)
    })
  }
}

test('every setting has a line of meaning and is tried with right values or wrong ones', (t) => {
  for (const { key, meaning, right: sentence } of sessionSettings) {
    t.regex(meaning, /^\S.+[^.]$/)
    t.not(sentence, '')
    t.truthy(right[key] ?? wrong[key], key)
  }
})

test('what a file gives has its own type: a number in quotes is refused, and told so', async (t) => {
  const configDir = await configWith(t, {
    default: '{ COOKIE_AGE: "30", COOKIE_SECURE: "true", COOKIE_SAMESITE: "false" }',
  })
  for (const remedy of ['COOKIE_AGE: 30', 'COOKIE_SECURE: true', 'COOKIE_SAMESITE: false']) {
    const { message } = await t.throwsAsync(loadSettings(only({ configDir })))
    t.true(message.includes(`Drop the quotes: ${remedy}.`), message)
  }
})

for (const [given, shown] of [
  ['COOKIE_AGE: { seconds: 30 }', '[Object]'],
  ['COOKIE_AGE: null', 'null'],
  ['COOKIE_AGE: NaN', 'NaN'],
  ['COOKIE_AGE: 1.5', '1.5'],
  ['COOKIE_SECURE: 1', '1'],
  ['COOKIE_NAME: 5', '5'],
  ['COOKIE_NAME: ["a"]', '[Array]'],
  ['SESSION_ENGINE: true', 'true'],
  ['COOKIE_SAMESITE: true', 'true'],
  ['COOKIE_SAMESITE: null', 'null'],
  ['ENGINE_TIMEOUT: Infinity', 'Infinity'],
] as const) {
  test(`a file with ${given} is refused`, async (t) => {
    const fault = await theFault(t, { configDir: await configWith(t, { default: `{ ${given} }` }) })
    t.true(given.startsWith(`${fault.name}:`))
    t.is(fault.value, shown)
    t.is(fault.layer, 'config/default.json5')
  })
}

for (const none of ['null', '""']) {
  test(`COOKIE_DOMAIN: ${none} in a file means none, also where an earlier layer has one`, async (t) => {
    const configDir = await configWith(t, {
      default: '{ COOKIE_DOMAIN: "example.com" }',
      local: `{ COOKIE_DOMAIN: ${none} }`,
    })
    t.is((await loadSettings(only({ configDir }))).cookieDomain, undefined)
  })
}

test('lists in files and in code hold texts only, and no empty one', async (t) => {
  const configDir = await configWith(t, { default: '{ SECRET_KEY_FALLBACKS: "one" }' })
  t.is((await theFault(t, { configDir })).problem, 'is not a list of texts')
  t.is((await theFault(t, { env: { SECRET_KEY_FALLBACKS: 'one,,two' } })).problem, 'holds an empty text')
  t.is(optionsRefusal(t, { secretKeyFallbacks: [1] }).faults.length, 1)
  t.deepEqual(checkOptions({ secretKeyFallbacks: ['one'] }).secretKeyFallbacks, ['one'])
})
