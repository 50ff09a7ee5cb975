import test from 'ava'
import { loadSettings } from '../../../src/lib/settings/load.js'
import { LONG_KEY, only, theFault } from './given.js'

const production = { NODE_ENV: 'production', SECRET_KEY: 'nDOxrEYT2kk-ZmVUe1sGSwZtQoiUGi5T' }
const codecs = [{ CODEC: 'django' }, { CODEC: 'django', SESSION_ENGINE: 'file' }] as const
const inCookies = { COOKIE_CODEC: 'django', SESSION_ENGINE: 'signed_cookies' }

test("beside Django the cookie has Django's name, path and age, in production too", async (t) => {
  for (const env of [...codecs, inCookies])
    t.like(await loadSettings(only({ env: { ...production, ...env } })), {
      cookieName: 'sessionid',
      cookiePath: '/',
      cookieDomain: undefined,
      cookieAge: 1_209_600,
      djangoTimeZone: 'UTC',
    })
})

/** What Django's sessions do not allow, and the setting that is told. */
const refused: readonly (readonly [
  env: Readonly<Record<string, string>>,
  setting: string,
  problem: RegExp,
])[] = [
  [{ RENEW_AFTER: '60' }, 'RENEW_AFTER', /mark at old ids/],
  [{ MAX_SESSIONS_PER_USER: '3' }, 'MAX_SESSIONS_PER_USER', /no list of them/],
  [{ SESSION_ENGINE: 'redis' }, 'SESSION_ENGINE', /no sessions of Django, which CODEC asks for/],
  [{ SESSION_ENGINE: 'cached_db' }, 'SESSION_ENGINE', /no sessions of Django/],
  [{ DJANGO_TIME_ZONE: 'Mars/Phobos' }, 'DJANGO_TIME_ZONE', /no time zone/],
]

for (const [env, name, problem] of refused)
  test(`CODEC=django is refused with ${Object.entries(env).join().replace(',', '=')}`, async (t) => {
    const fault = await theFault(t, { env: { CODEC: 'django', SECRET_KEY: LONG_KEY, ...env } })
    t.like(fault, { name, layer: 'environment' })
    t.regex(fault.problem, problem)
  })

test("the key that Django's startproject made is refused in production, and both sites need another", async (t) => {
  const key = `django-insecure-${production.SECRET_KEY}`
  for (const env of [...codecs, inCookies]) {
    const fault = await theFault(t, { env: { ...production, ...env, SECRET_KEY: key } })
    t.like(fault, { name: 'SECRET_KEY', value: '••••••' })
    t.regex(fault.remedy, /Django has to get the same at the same time/)
  }
  const fault = await theFault(t, { env: { ...production, SECRET_KEY: key } })
  t.notRegex(fault.remedy, /Django has/)
})
