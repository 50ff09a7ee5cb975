import { randomBytes } from 'node:crypto'
import test from 'ava'
import { weaknessOf } from '../../../src/lib/codecs/secret-key.js'
import { describeSettings } from '../../../src/lib/settings/describe.js'
import { checkOptions, loadSettings } from '../../../src/lib/settings/load.js'
import { configWith, LONG_KEY, only, optionsRefusal, refusal, theFault, warningsOf } from './given.js'

const production = { NODE_ENV: 'production' }
const KEY_32 = 'nDOxrEYT2kk-ZmVUe1sGSwZtQoiUGi5T'
const OTHER_KEY = 'b2vYi0Jc_uQ4mXaHq8rLfN3sKeW6tPzD'

test('production needs a secret key', async (t) => {
  const fault = await theFault(t, { env: production })
  t.like(fault, { name: 'SECRET_KEY', value: 'none', layer: 'built-in default' })
  t.regex(fault.problem, /missing/)
  t.regex(fault.remedy, /32 characters or more/)
})

test('an empty SECRET_KEY is none, even over one in a file', async (t) => {
  const configDir = await configWith(t, { local: `{ SECRET_KEY: "${KEY_32}" }` })
  const fault = await theFault(t, { configDir, env: { ...production, SECRET_KEY: '' } })
  t.like(fault, { name: 'SECRET_KEY', value: 'none', layer: 'environment' })
})

test('production needs a secret key of 32 characters', async (t) => {
  const fault = await theFault(t, { env: { ...production, SECRET_KEY: KEY_32.slice(1) } })
  t.like(fault, { name: 'SECRET_KEY', value: '••••••', layer: 'environment' })
  t.is((await loadSettings(only({ env: { ...production, SECRET_KEY: KEY_32 } }))).secretKey, KEY_32)
})

test('elsewhere a short secret key is a warning', async (t) => {
  const env = { SECRET_KEY: 'short' }
  t.is((await loadSettings(only({ env }))).secretKey, 'short')
  t.regex(
    (await warningsOf({ env })).join('\n'),
    /^SECRET_KEY \(environment\) is shorter than 32 characters\. .+$/,
  )
})

test('elsewhere a missing secret key is generated, another one each time, with a warning', async (t) => {
  const one = await loadSettings(only({}))
  const two = await loadSettings(only({}))
  t.regex(one.secretKey ?? '', /^[\w-]{43}$/)
  t.not(one.secretKey, two.secretKey)
  t.regex(one.warnings.join('\n'), /^SECRET_KEY is not set: .+$/)
  t.like(
    describeSettings(one).find(({ key }) => key === 'secretKey'),
    { shown: '••••••', layer: 'generated' },
  )
})

test('with a long secret key there is nothing to warn of', async (t) => {
  t.deepEqual(await warningsOf({ env: { SECRET_KEY: LONG_KEY } }), [])
})

test('options in code need no secret key, and get none', (t) => {
  t.is(checkOptions({}).secretKey, undefined)
  t.is(checkOptions({ environment: 'production' }).secretKey, undefined)
  t.deepEqual(checkOptions({}).warnings, [])
})

test('options in code for production refuse a short secret key', (t) => {
  const [fault] = optionsRefusal(t, { environment: 'production', secretKey: 'short' }).faults
  t.like(fault, { name: 'secretKey', value: '••••••', layer: 'options' })
})

test('production refuses an earlier key that is short: it opens as much as the present one', async (t) => {
  const env = { ...production, SECRET_KEY: KEY_32, SECRET_KEY_FALLBACKS: `${OTHER_KEY},short` }
  const fault = await theFault(t, { env })
  t.like(fault, { name: 'SECRET_KEY_FALLBACKS', value: '••••••', layer: 'environment' })
  t.regex(fault.problem, /^holds a key that is shorter than 32 characters$/)
  const good = { ...env, SECRET_KEY_FALLBACKS: OTHER_KEY }
  t.deepEqual((await loadSettings(only({ env: good }))).secretKeyFallbacks, [OTHER_KEY])
})

test('elsewhere a short earlier key is a warning', async (t) => {
  const warnings = await warningsOf({ env: { SECRET_KEY: LONG_KEY, SECRET_KEY_FALLBACKS: 'short' } })
  t.regex(warnings.join('\n'), /^SECRET_KEY_FALLBACKS \(environment\) holds a key .+$/)
})

const weak: Readonly<Record<string, readonly string[]>> = {
  'is shorter than 32 characters': ['hunter2', KEY_32.slice(1)],
  'is a placeholder that anybody can guess': [
    'changeme',
    'CHANGE_ME-before-you-go-into-production',
    'secret',
    'your-secret-key',
    'keyboard cat',
    'Keyboard Cat, and some more so that it is long',
    `django-insecure-${KEY_32}`,
    'correct horse battery staple, and then some',
    '<replace me with a long random string, please>',
    'ThisIsMySecretKeyForTheApplication',
    'shop2026:session-secret:kT8fW2mQ',
  ],
  'repeats the same few characters': [
    'k'.repeat(64),
    'abc123'.repeat(8),
    'pAssw0rd!'.repeat(4).slice(0, 33),
    KEY_32.slice(0, 20).repeat(2),
  ],
  'has fewer than 8 different characters': [
    'abababacadabacadabacabacadabacadf',
    '0101101110111101111101111110111111101111111101',
  ],
  'follows the alphabet': ['abcdefghijklmnopqrstuvwxyz0123456789', 'aaaabbbbccccddddeeeeffffgggghhhhiiii'],
}

for (const [weakness, keys] of Object.entries(weak)) {
  for (const key of keys) {
    test(`S55 production refuses a key that ${weakness}: ${key.slice(0, 40)}`, async (t) => {
      const own = await refusal(t, { env: { ...production, SECRET_KEY: key } })
      t.like(own.faults, [{ name: 'SECRET_KEY', value: '••••••', problem: weakness }])
      const earlier = { ...production, SECRET_KEY: KEY_32 }
      const configDir = await configWith(t, { local: `{ SECRET_KEY_FALLBACKS: [${JSON.stringify(key)}] }` })
      const fallback = await refusal(t, { configDir, env: earlier })
      t.like(fallback.faults, [{ name: 'SECRET_KEY_FALLBACKS', problem: `holds a key that ${weakness}` }])
      for (const { message } of [own, fallback]) {
        t.false(message.includes(key), 'the message shows the key')
        t.regex(message, /npx koa-tessera generate-key/)
      }
      t.regex((await warningsOf({ env: { SECRET_KEY: key } })).join(), new RegExp(weakness))
    })
  }
}

test('S55 production refuses a key that is given twice, and says where', async (t) => {
  for (const SECRET_KEY_FALLBACKS of [KEY_32, `${OTHER_KEY},${OTHER_KEY}`]) {
    const fault = await theFault(t, { env: { ...production, SECRET_KEY: KEY_32, SECRET_KEY_FALLBACKS } })
    t.like(fault, {
      name: 'SECRET_KEY_FALLBACKS',
      value: '••••••',
      problem: 'holds a key that is given twice',
    })
  }
})

test('S55 no random key is refused, in whatever coding', (t) => {
  for (let round = 0; round < 2000; round++) {
    for (const key of [
      randomBytes(24).toString('base64'),
      randomBytes(48).toString('base64url'),
      randomBytes(16).toString('hex'),
      randomBytes(32).toString('hex'),
    ]) {
      t.is(weaknessOf(key), undefined, key)
    }
  }
})
