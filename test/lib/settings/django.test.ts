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
      djangoTimeZone: undefined,
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
  [{ DATABASE_TABLE: 'web_session' }, 'DATABASE_TABLE', /its table is django_session/],
  [{ KEY_PREFIX: 'shop' }, 'KEY_PREFIX', /a key is the id alone/],
  [{ KEY_PREFIX: 'shop', SESSION_ENGINE: 'file' }, 'KEY_PREFIX', /a key is the id alone/],
  [{ REVOCATION_STORE: 'db' }, 'REVOCATION_STORE', /in Django's sessions \(CODEC\) is Django's to end/],
  [
    { ...inCookies, REVOCATION_STORE: 'db' },
    'REVOCATION_STORE',
    /in Django's sessions \(COOKIE_CODEC\) is Django's to end/,
  ],
  [{ PLAIN_RECORDS_UNTIL: '2030-01-01' }, 'PLAIN_RECORDS_UNTIL', /as Django writes them/],
  [{ SEALED_SINCE: '2026-01-01' }, 'SEALED_SINCE', /as Django writes them/],
  [{ SESSION_ENGINE: 'signed_cookies' }, 'CODEC', /are in their cookies/],
  [{ SESSION_ENGINE: 'signed_cookies', REVOCATION_STORE: 'db' }, 'CODEC', /are in their cookies/],
]

for (const [env, name, problem] of refused)
  test(`CODEC=django is refused with ${new URLSearchParams(env)}`, async (t) => {
    const fault = await theFault(t, { env: { CODEC: 'django', SECRET_KEY: LONG_KEY, ...env } })
    t.like(fault, { name, layer: 'environment' })
    t.regex(fault.remedy, /^(Give|Unset it|For cookies as Django has them give) ?.*\.$/)
    t.regex(fault.problem, problem)
  })

test('beside Django a setting that another engine would use, or that says what is so anyway, is no fault', async (t) => {
  const harmless = {
    DATABASE_TABLE: 'django_session',
    KEY_PREFIX: 'keyv',
    REVOCATION_STORE: 'none',
    RENEW_GRACE: '10',
    REDIS_URL: 'redis://elsewhere',
  }
  for (const env of codecs) await t.notThrowsAsync(loadSettings(only({ env: { ...harmless, ...env } })))
  const ours = { DATABASE_TABLE: 'web', KEY_PREFIX: 'shop' }
  await t.notThrowsAsync(loadSettings(only({ env: { ...inCookies, ...ours } })))
  await t.notThrowsAsync(
    loadSettings(only({ env: { ...ours, REVOCATION_STORE: 'db', SESSION_ENGINE: 'signed_cookies' } })),
  )
  const moved = { CODEC: 'django', MOVE_FROM: 'db', SESSION_ENGINE: 'signed_cookies' }
  await t.notThrowsAsync(loadSettings(only({ env: moved })))
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

test('in production nobody leaves Django without saying which cookie its visitors have', async (t) => {
  const moves = [
    { MOVE_FROM: 'db', MOVE_FROM_CODEC: 'django' },
    { MOVE_FROM: 'file', MOVE_FROM_CODEC: 'django', SESSION_ENGINE: 'redis' },
    { MOVE_FROM: 'signed_cookies', COOKIE_CODEC: 'django' },
  ]
  for (const move of moves) {
    const fault = await theFault(t, { env: { ...production, ...move } })
    t.is(fault.name, 'COOKIE_NAME')
    t.regex(
      `${fault.problem} ${fault.remedy}`,
      /Django has given out.+SESSION_COOKIE_NAME, which is sessionid/,
    )
    const named = await loadSettings(only({ env: { ...production, ...move, COOKIE_NAME: 'sessionid' } }))
    t.like(named, { cookieName: 'sessionid', idleTimeout: undefined, absoluteTimeout: undefined })
    t.is((await loadSettings(only({ env: { SECRET_KEY: LONG_KEY, ...move } }))).cookieName, 'sessionid')
  }
  t.is(
    (await loadSettings(only({ env: { ...production, MOVE_FROM: 'file' } }))).cookieName,
    '__Host-sessionid',
  )
})
