import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { describeSettings } from '../../../src/lib/settings/describe.js'
import { loadSiteSettings, type SiteSettings } from '../../../src/site/settings.js'
import { root } from '../../support/root.js'
import { configWith, LONG_KEY, only } from './given.js'

const configDir = join(root, 'config')
const env = { SECRET_KEY: LONG_KEY }

async function committed(): Promise<string[]> {
  const files = await readdir(configDir)
  return files.filter((file) => !file.startsWith('local')).map((file) => file.replace(/\.json5$/, ''))
}

/** The settings of one committed environment, without a person's own `local.json5`. */
async function load(t: ExecutionContext, NODE_ENV: string): Promise<SiteSettings> {
  const texts: Record<string, string> = {}
  for (const stem of await committed()) texts[stem] = await readFile(`${configDir}/${stem}.json5`, 'utf8')
  return loadSiteSettings({ configDir: await configWith(t, texts), env: { ...env, NODE_ENV } })
}

const environments = [
  'cached',
  'cookies',
  'development',
  'files',
  'mariadb',
  'memory',
  'postgres',
  'production',
  'redis',
  'shortlived',
  'test',
]

test('there is a file for each environment', async (t) => {
  t.deepEqual((await committed()).sort(), ['default', ...environments].sort())
})

for (const environment of environments) {
  test(`config/${environment}.json5 is right, and nothing in it surprises`, async (t) => {
    t.deepEqual((await load(t, environment)).warnings, [])
  })
}

test('config/default.json5 says what the built-in defaults are', async (t) => {
  const defaults = await loadSiteSettings(only({ env }))
  // What config/development.json5 adds: the second site of a lab.
  const own = { ...defaults.own, otherSitePort: 0 }
  t.deepEqual(await load(t, 'development'), { ...defaults, own })
})

test('config/production.json5 says what the built-in defaults of production are', async (t) => {
  const production = { ...env, NODE_ENV: 'production' }
  t.deepEqual(await load(t, 'production'), await loadSiteSettings(only({ env: production })))
})

test('S35 S36 production has a cookie that only this host can set, over HTTPS, and no script can read', async (t) => {
  t.like(await load(t, 'production'), {
    cookieName: '__Host-sessionid',
    cookieSecure: true,
    cookieHttpOnly: true,
    cookieSameSite: 'Lax',
    cookiePath: '/',
    cookieDomain: undefined,
  })
})

test('S23 production’s sessions end as OWASP and NIST (AAL2) have it', async (t) => {
  const { idleTimeout = Number.POSITIVE_INFINITY, absoluteTimeout = Number.POSITIVE_INFINITY } = await load(
    t,
    'production',
  )
  t.true(idleTimeout <= 30 * 60)
  t.true(absoluteTimeout <= 8 * 3600)
})

test('the samples do what they are named after', async (t) => {
  t.is((await load(t, 'memory')).engine, 'cache')
  t.is((await load(t, 'shortlived')).cookieAge, 30)
})

test('no committed file holds a secret', async (t) => {
  for (const environment of await committed()) {
    const rows = describeSettings(await load(t, environment === 'default' ? 'development' : environment))
    t.is(rows.find(({ key }) => key === 'secretKey')?.layer, 'environment')
    t.is(rows.find(({ key }) => key === 'secretKeyFallbacks')?.shown, 'none')
  }
})
