import test from 'ava'
import { checkOptions, loadSettings } from '../../../src/lib/settings/load.js'
import { LONG_KEY, only, optionsRefusal, refusal, theFault, warningsOf } from './given.js'

const HTTPS = { COOKIE_SECURE: 'true' }

/** What browsers drop, and the setting that it breaks with. */
const broken: readonly (readonly [env: Readonly<Record<string, string>>, setting: string, needs: string])[] =
  [
    [{ COOKIE_SAMESITE: 'None' }, 'COOKIE_SAMESITE', 'COOKIE_SECURE'],
    [{ COOKIE_PARTITIONED: 'true' }, 'COOKIE_PARTITIONED', 'COOKIE_SECURE'],
    [{ COOKIE_NAME: '__Host-id' }, 'COOKIE_NAME', 'COOKIE_SECURE'],
    [{ COOKIE_NAME: '__hOST-id' }, 'COOKIE_NAME', 'COOKIE_SECURE'],
    [{ COOKIE_NAME: '__Host-id', ...HTTPS, COOKIE_PATH: '/app' }, 'COOKIE_NAME', 'COOKIE_PATH'],
    [{ COOKIE_NAME: '__Host-id', ...HTTPS, COOKIE_DOMAIN: 'a.com' }, 'COOKIE_NAME', 'COOKIE_DOMAIN'],
    [{ COOKIE_NAME: '__Secure-id' }, 'COOKIE_NAME', 'COOKIE_SECURE'],
    [{ COOKIE_NAME: '__secure-id' }, 'COOKIE_NAME', 'COOKIE_SECURE'],
    [{ COOKIE_NAME: '__Http-id' }, 'COOKIE_NAME', 'COOKIE_SECURE'],
    [{ COOKIE_NAME: '__Http-id', ...HTTPS, COOKIE_HTTPONLY: '0' }, 'COOKIE_NAME', 'COOKIE_HTTPONLY'],
    [{ COOKIE_NAME: '__Host-Http-id' }, 'COOKIE_NAME', 'COOKIE_SECURE'],
    [{ COOKIE_NAME: '__Host-Http-id', ...HTTPS, COOKIE_HTTPONLY: '0' }, 'COOKIE_NAME', 'COOKIE_HTTPONLY'],
    [{ COOKIE_NAME: '__host-http-id', ...HTTPS, COOKIE_PATH: '/app' }, 'COOKIE_NAME', 'COOKIE_PATH'],
    [{ COOKIE_NAME: '__Host-Http-id', ...HTTPS, COOKIE_DOMAIN: 'a.com' }, 'COOKIE_NAME', 'COOKIE_DOMAIN'],
  ]

/** The rule that it is. */
const ruleOf = ({ COOKIE_SAMESITE, COOKIE_PARTITIONED, COOKIE_NAME }: Readonly<Record<string, string>>) => {
  if (COOKIE_SAMESITE) return 'S39 SameSite=None: '
  if (COOKIE_PARTITIONED) return 'S40 Partitioned: '
  return /http-/i.test(COOKIE_NAME ?? '') ? 'S38 __Http- and __Host-Http-: ' : 'S37 __Host- and __Secure-: '
}

const text = (env: object): string =>
  Object.entries(env)
    .map((pair) => pair.join('='))
    .join(' ')

for (const [env, setting, needs] of broken) {
  test(`${ruleOf(env)}${text(env)} is refused: ${setting} does not go with this ${needs}`, async (t) => {
    const fault = await theFault(t, { env })
    t.is(fault.name, setting)
    t.is(fault.layer, 'environment')
    t.true(fault.problem.includes(needs), fault.problem)
    t.regex(fault.problem, needs in env ? /\(environment\)/ : /\(built-in default\)/)
    t.true(fault.remedy.includes(needs), fault.remedy)
  })
}

for (const [env, setting] of broken.filter(([, , needs]) => needs === 'COOKIE_SECURE')) {
  test(`${ruleOf(env)}${text(env)} COOKIE_SECURE=auto is refused, and told why auto will not do`, async (t) => {
    const fault = await theFault(t, { env: { ...env, COOKIE_SECURE: 'auto' } })
    t.is(fault.name, setting)
    t.is(fault.problem, "needs COOKIE_SECURE to be true, which is 'auto' (environment)")
    t.regex(fault.remedy, /set COOKIE_SECURE to true.* auto will not do: given over plain HTTP/)
  })
}

test('S40 COOKIE_PARTITIONED without SameSite=None is a warning, in files and in code', async (t) => {
  const env = { COOKIE_PARTITIONED: 'true', ...HTTPS }
  const [warning, ...others] = await warningsOf({ env: { ...env, SECRET_KEY: LONG_KEY } })
  t.regex(
    warning ?? '',
    /^COOKIE_PARTITIONED \(environment\).*COOKIE_SAMESITE is None: it is 'Lax' \(built-in/,
  )
  t.deepEqual(others, [])
  const options = { cookiePartitioned: true, cookieSecure: true }
  t.regex(checkOptions(options).warnings[0] ?? '', /^cookiePartitioned .*cookieSameSite/)
  t.deepEqual(checkOptions({ ...options, cookieSameSite: 'None' }).warnings, [])
  t.deepEqual(checkOptions({ cookieSameSite: 'Lax' }).warnings, [])
})

for (const env of [
  { COOKIE_SAMESITE: 'None', ...HTTPS },
  { COOKIE_SAMESITE: 'None', COOKIE_PARTITIONED: '1', ...HTTPS },
  { COOKIE_SECURE: 'auto' },
  { COOKIE_NAME: '__Host-id', ...HTTPS },
  { COOKIE_NAME: '__Host-Http-id', ...HTTPS },
  { COOKIE_NAME: '__Secure-id', ...HTTPS, COOKIE_PATH: '/app', COOKIE_DOMAIN: 'a.com', COOKIE_HTTPONLY: '0' },
  { COOKIE_NAME: '__Http-id', ...HTTPS, COOKIE_PATH: '/app', COOKIE_DOMAIN: 'a.com' },
  { COOKIE_NAME: '__Hostile' },
]) {
  test(`${text(env)} is right`, async (t) => {
    t.is((await loadSettings(only({ env }))).environment, 'development')
  })
}

test('a rule is not judged by a value that is wrong by itself', async (t) => {
  const { faults } = await refusal(t, { env: { COOKIE_SAMESITE: 'None', COOKIE_SECURE: 'maybe' } })
  t.deepEqual(
    faults.map(({ name }) => name),
    ['COOKIE_SECURE'],
  )
})

test('options in code have the same rules, under their own names', (t) => {
  const [fault] = optionsRefusal(t, { cookieSameSite: 'None' }).faults
  t.like(fault, { name: 'cookieSameSite', layer: 'options' })
  t.regex(fault?.problem ?? '', /cookieSecure/)
  t.is(checkOptions({ cookieSameSite: 'none', cookieSecure: true }).cookieSameSite, 'None')
})

test('S22 an IDLE_TIMEOUT beyond the ABSOLUTE_TIMEOUT is refused, with both values and where they came from', async (t) => {
  const fault = await theFault(t, { env: { IDLE_TIMEOUT: '601', ABSOLUTE_TIMEOUT: '600' } })
  t.is(fault.name, 'IDLE_TIMEOUT')
  t.is(fault.value, '601')
  t.is(fault.layer, 'environment')
  t.is(fault.problem, 'is more than ABSOLUTE_TIMEOUT, which is 600 (environment)')
  t.regex(fault.remedy, /give 600 or less, or raise ABSOLUTE_TIMEOUT/)
  const even = await loadSettings(only({ env: { IDLE_TIMEOUT: '600', ABSOLUTE_TIMEOUT: '600' } }))
  t.is(even.idleTimeout, 600)
})

test('S22 in code the timeouts have their names in code', async (t) => {
  const [fault] = (await optionsRefusal(t, { idleTimeout: 2, absoluteTimeout: 1 })).faults
  t.is(fault?.name, 'idleTimeout')
  t.regex(fault?.problem ?? '', /^is more than absoluteTimeout, which is 1 /)
})
