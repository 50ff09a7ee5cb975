import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { loadSettings } from '../../../src/lib/settings/load.js'
import { configWith, LONG_KEY, only, refusal, theFault } from './given.js'

const env = { SECRET_KEY: LONG_KEY }

test('a directory that does not exist is no fault and no warning', async (t) => {
  const settings = await loadSettings(only({ env: { ...env, NODE_ENV: 'staging' } }))
  t.deepEqual(settings.warnings, [])
})

test('a file that does not parse is one fault, with its name and the place, and no stack', async (t) => {
  const configDir = await configWith(t, {
    default: '{\n  COOKIE_AGE: 30,\n  ENGINE_TIMEOUT: ]\n}',
    local: '{ COOKIE_AGE: 0 }',
  })
  const { message, faults } = await refusal(t, { configDir })
  t.deepEqual(
    faults.map(({ name }) => name),
    ['config/default.json5', 'COOKIE_AGE'],
  )
  t.regex(message, /config\/default\.json5 cannot be read: invalid character '\]' in line 3, column 19\.\n/)
  t.notRegex(message, /^\s+at /m)
})

for (const [text, shown] of [
  ['', 'cannot be read: invalid end of input'],
  ['[1]', 'holds [Array]'],
  ['5', 'holds 5'],
  ['null', 'holds null'],
]) {
  test(`a file with ${text === '' ? 'nothing' : text} in it is a fault`, async (t) => {
    const fault = await theFault(t, { configDir: await configWith(t, { local: `${text}` }) })
    t.is(fault.name, 'config/local.json5')
    t.true(fault.problem.startsWith(`${shown}`), fault.problem)
    t.regex(fault.remedy, /\{ COOKIE_AGE: 30 \}/)
  })
}

test('a file that the system does not hand out is a fault', async (t) => {
  const configDir = await configWith(t, {})
  await mkdir(join(configDir, 'local.json5'))
  const fault = await theFault(t, { configDir })
  t.is(fault.name, 'config/local.json5')
  t.regex(fault.problem, /cannot be read: EISDIR/)
})

test('no file can reach the prototype of all objects', async (t) => {
  const configDir = await configWith(t, {
    default: '{ __proto__: { polluted: 1 }, a: { __proto__: { polluted: 1 } } }',
  })
  t.is((await refusal(t, { configDir })).faults.length, 2)
  t.false('polluted' in {})
})

test('a directory may have a colon in its name, or none of the name config', async (t) => {
  const configDir = join(await configWith(t, {}), 'a:b')
  await mkdir(configDir)
  await writeFile(join(configDir, 'default.json5'), '{ ENGINE_TIMEOUT: -1 }')
  t.is((await theFault(t, { configDir })).layer, 'a:b/default.json5')
})

for (const [NODE_ENV, remedy] of [
  ['prodution', 'Did you mean production?'],
  ['prod', 'Did you mean production?'],
  ['Production', 'Did you mean production?'],
  ['PROD', 'Did you mean production?'],
  ['dev', 'Did you mean development?'],
  ['memry', 'Did you mean memory?'],
  ['live', 'There are development, memory, production, test.'],
  ['default', 'There are development, memory, production, test.'],
  ['local', 'There are development, memory, production, test.'],
]) {
  test(`NODE_ENV=${NODE_ENV} has no file, which is a warning: ${remedy}`, async (t) => {
    const configDir = await configWith(t, { default: '{}', local: '{}', production: '{}', memory: '{}' })
    const settings = await loadSettings({ configDir, env: { ...env, NODE_ENV } })
    t.deepEqual(settings.warnings, [`NODE_ENV=${NODE_ENV} has no file config/${NODE_ENV}.json5. ${remedy}`])
  })
}

test('NODE_ENV=prod is a warning also where there is no file at all', async (t) => {
  const { warnings } = await loadSettings(only({ env: { ...env, NODE_ENV: 'prod' } }))
  t.deepEqual(warnings, ['NODE_ENV=prod has no file no-such-directory/prod.json5. Did you mean production?'])
})

test('without NODE_ENV, or with an empty one, a missing development file is no warning', async (t) => {
  const configDir = await configWith(t, { default: '{}' })
  for (const own of [env, { ...env, NODE_ENV: '' }]) {
    const settings = await loadSettings({ configDir, env: own })
    t.is(settings.environment, 'development')
    t.deepEqual(settings.warnings, [])
  }
})

test('a file with another ending is a warning', async (t) => {
  const configDir = await configWith(t, { production: '{}' })
  await writeFile(join(configDir, 'local.yaml'), 'ENGINE_TIMEOUT: 1')
  const settings = await loadSettings({ configDir, env: { ...env, NODE_ENV: 'production' } })
  t.is(settings.engineTimeout, 2000)
  t.deepEqual(settings.warnings, ['config/local.yaml is not read: settings are in files that end in .json5.'])
})

for (const NODE_ENV of ['../secret', 'a/b', 'a b', '.hidden']) {
  test(`NODE_ENV=${NODE_ENV} can be no file's name, and is refused`, async (t) => {
    const fault = await theFault(t, { env: { NODE_ENV } })
    t.like(fault, { name: 'NODE_ENV', value: `'${NODE_ENV}'`, layer: 'environment' })
  })
}

for (const [name, meant] of [
  ['COOKIE_AEG', 'COOKIE_AGE'],
  ['SESSION_ENGIN', 'SESSION_ENGINE'],
  ['SESSION_COOKIE_NAM', 'SESSION_COOKIE_NAME'],
  ['MOVE_FROM_DATABASEURL', 'MOVE_FROM_DATABASE_URL'],
  ['MOVE_FROM_FILEPATH', 'MOVE_FROM_FILE_PATH'],
  ['MOVE_FROM_SESSION_FILE_PATH', 'MOVE_FROM_FILE_PATH'],
  ['MOVE_FROM_ENGINE', 'MOVE_FROM'],
  ['MOVE_STPE', 'MOVE_STEP'],
] as const) {
  test(`${name} in the environment is a warning, not a fault`, async (t) => {
    const settings = await loadSettings(only({ env: { ...env, [name]: '30' } }))
    t.deepEqual(settings.warnings, [
      `${name} (environment) is no setting and has no effect. Did you mean ${meant}?`,
    ])
  })
}

test('of a name that begins with MOVE_FROM_ and is near to none, all that there are are told', async (t) => {
  const settings = await loadSettings(only({ env: { ...env, MOVE_FROM_SOMEWHERE: 'x' } }))
  t.is(settings.warnings.length, 1)
  t.regex(
    settings.warnings[0] ?? '',
    /^MOVE_FROM_SOMEWHERE \(.+There are MOVE_FROM_DATABASE_URL, .+_SECRET_KEY\.$/,
  )
})

test('other variables of the environment are nobody’s business', async (t) => {
  const others = {
    PATH: '/bin',
    SESSION_MANAGER: 'x',
    COOKIE_JAR: 'x',
    POTR: '1',
    HOTS: 'x',
    cookieAge: '1',
    MOVE_FILES: '1',
  }
  const settings = await loadSettings(only({ env: { ...env, ...others } }))
  t.deepEqual(settings.warnings, [])
})
