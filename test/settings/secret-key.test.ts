import test from 'ava'
import { describeSettings, settingsWarnings } from '../../src/settings/describe.js'
import { loadSettings } from '../../src/settings/load.js'
import { checkOptions } from '../../src/settings/options.js'
import { configWith, LONG_KEY, only, optionsRefusal, theFault } from './given.js'

const production = { NODE_ENV: 'production' }
const KEY_32 = 'k'.repeat(32)
const OTHER_KEY = 'o'.repeat(32)

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
  const settings = await loadSettings(only({ env: { SECRET_KEY: 'short' } }))
  t.is(settings.secretKey, 'short')
  t.regex(
    settingsWarnings(settings).join('\n'),
    /^SECRET_KEY \(environment\) is shorter than 32 characters\. .+$/,
  )
})

test('elsewhere a missing secret key is generated, another one each time, with a warning', async (t) => {
  const one = await loadSettings(only({}))
  const two = await loadSettings(only({}))
  t.regex(one.secretKey ?? '', /^[\w-]{43}$/)
  t.not(one.secretKey, two.secretKey)
  t.regex(settingsWarnings(one).join('\n'), /^SECRET_KEY is not set: .+$/)
  t.like(
    describeSettings(one).find(({ key }) => key === 'secretKey'),
    { shown: '••••••', layer: 'generated' },
  )
})

test('with a long secret key there is nothing to warn of', async (t) => {
  t.deepEqual(settingsWarnings(await loadSettings(only({ env: { SECRET_KEY: LONG_KEY } }))), [])
})

test('options in code need no secret key, and get none', (t) => {
  t.is(checkOptions({}).secretKey, undefined)
  t.is(checkOptions({ environment: 'production' }).secretKey, undefined)
  t.deepEqual(settingsWarnings(checkOptions({})), [])
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
  const settings = await loadSettings(only({ env: { SECRET_KEY: LONG_KEY, SECRET_KEY_FALLBACKS: 'short' } }))
  t.regex(settingsWarnings(settings).join('\n'), /^SECRET_KEY_FALLBACKS \(environment\) holds a key .+$/)
})
