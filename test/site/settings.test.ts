import test from 'ava'
import {
  exposedBy,
  exposureWarning,
  loadSiteSettings,
  metricsOpen,
  readSiteSettings,
  serverSettings,
  showsInternals,
} from '../../src/site/settings.js'
import { configWith, LONG_KEY, only } from '../lib/settings/given.js'

const load = (env: Readonly<Record<string, string>>) =>
  loadSiteSettings(only({ env: { SECRET_KEY: LONG_KEY, ...env } }))

/** The only fault of the site in these variables; files are the project's. */
async function faultOf(env: Readonly<Record<string, string>>) {
  const { faults } = await readSiteSettings({ env: { SECRET_KEY: LONG_KEY, ...env } })
  return faults
}

test('the server has settings of its own, with defaults', async (t) => {
  t.deepEqual((await load({})).own, {
    port: 3000,
    host: '127.0.0.1',
    trustProxy: false,
    requestTimeout: 30,
    headersTimeout: 10,
    keepAliveTimeout: 5,
    maxConnections: 1000,
    showInternals: undefined,
    metrics: undefined,
    otherSitePort: undefined,
    logLevel: 'info',
  })
})

/** For each setting: texts of the environment and the values they stand for. */
const right: Readonly<Record<string, readonly (readonly [text: string, value: unknown])[]>> = {
  port: [
    ['0', 0],
    ['65535', 65_535],
  ],
  host: [['::1', '::1']],
  trustProxy: [['true', true]],
  requestTimeout: [['3600', 3600]],
  headersTimeout: [['1', 1]],
  keepAliveTimeout: [['600', 600]],
  maxConnections: [['1', 1]],
  showInternals: [
    ['true', true],
    ['false', false],
    ['', undefined],
  ],
  metrics: [
    ['true', true],
    ['', undefined],
  ],
  otherSitePort: [
    ['0', 0],
    ['65535', 65_535],
    ['', undefined],
  ],
  logLevel: [
    ['silent', 'silent'],
    ['trace', 'trace'],
  ],
}

/** For each setting: texts of the environment that are refused. */
const wrong: Readonly<Record<string, readonly string[]>> = {
  port: ['', 'ten', '-1', '1.5', '0x1e', '65536', '/run/app.sock'],
  host: [''],
  trustProxy: ['', 'loopback'],
  requestTimeout: ['', '0', '3601', '5s'],
  headersTimeout: ['', '0'],
  keepAliveTimeout: ['', '0', '601'],
  maxConnections: ['', '0', '100001'],
  showInternals: ['yes'],
  metrics: ['yes', 'localhost', 'prometheus'],
  otherSitePort: ['true', '-1', '65536'],
  logLevel: ['', 'INFO', 'verbose'],
}

for (const [key, { name, right: sentence, meaning }] of Object.entries(serverSettings)) {
  test(`${name} takes what is right and refuses what is wrong`, async (t) => {
    t.regex(meaning, /^\S.+[^.]$/)
    for (const [text, value] of right[key] ?? []) {
      const { own } = await load({ [name]: text })
      t.is(Reflect.get(own, key), value, text)
    }
    for (const text of wrong[key] ?? []) {
      const [fault, ...others] = await faultOf({ [name]: text })
      t.is(fault?.name, name)
      t.true(fault?.remedy.includes(sentence), fault?.remedy)
      t.deepEqual(others, [])
    }
  })
}

test('HEADERS_TIMEOUT beyond REQUEST_TIMEOUT is refused: Node would not take them', async (t) => {
  const [fault] = await faultOf({ HEADERS_TIMEOUT: '31' })
  t.like(fault, { name: 'HEADERS_TIMEOUT', value: '31', layer: 'environment' })
  t.regex(fault?.problem ?? '', /^is more than REQUEST_TIMEOUT, which is 30$/)
  t.deepEqual(await faultOf({ HEADERS_TIMEOUT: '40', REQUEST_TIMEOUT: '40' }), [])
})

test('in a file the server’s names are accepted, and a name that is no setting stops the start', async (t) => {
  const configDir = await configWith(t, { default: '{ PORT: 1, LOG_LEVEL: "debug", PROT: 1 }' })
  const { faults } = await readSiteSettings({ configDir, env: {} })
  t.deepEqual(
    faults.map(({ name, remedy }) => [name, remedy]),
    [['PROT', 'Did you mean PORT?']],
  )
})

for (const [host, expected] of [
  ['127.0.0.1', false],
  ['127.8.9.1', false],
  ['::1', false],
  ['::ffff:127.0.0.1', false],
  ['localhost', false],
  ['0.0.0.0', true],
  ['::', true],
  ['192.168.1.4', true],
  ['0', true],
  ['127.0.0.1.example.com', true],
  ['my-laptop', true],
] as const) {
  test(`HOST=${host} ${expected ? 'serves other machines' : 'serves this machine only'}`, async (t) => {
    t.is(exposedBy(await load({ HOST: host })), expected ? `HOST=${host}` : undefined)
  })
}

test('a proxy in front serves other machines, whatever the address is', async (t) => {
  t.is(exposedBy(await load({ TRUST_PROXY: 'true' })), 'TRUST_PROXY=true')
  const [fault] = await faultOf({ NODE_ENV: 'prod', TRUST_PROXY: 'true' })
  t.is(fault?.problem, 'has no file config/prod.json5, and TRUST_PROXY=true serves other machines')
})

for (const [NODE_ENV, remedy] of [
  ['prod', 'Did you mean production?'],
  ['Production', 'Did you mean production?'],
  ['PRODUCTION', 'Did you mean production?'],
  ['prodution', 'Did you mean production?'],
  ['Redis', 'Did you mean redis?'],
  ['postgress', 'Did you mean postgres?'],
  ['default', undefined],
  ['local', undefined],
  ['live', undefined],
] as const) {
  test(`NODE_ENV=${NODE_ENV} does not start where other machines are served, and starts with a warning elsewhere`, async (t) => {
    for (const HOST of ['0.0.0.0', '::', '10.0.0.5']) {
      const [fault, ...others] = await faultOf({ NODE_ENV, HOST })
      t.like(fault, { name: 'NODE_ENV', value: NODE_ENV, layer: 'environment' })
      t.is(fault?.problem, `has no file config/${NODE_ENV}.json5, and HOST=${HOST} serves other machines`)
      if (remedy !== undefined) t.is(fault?.remedy, remedy)
      else t.regex(fault?.remedy ?? '', /^There are .*production, .*test\.$/)
      t.deepEqual(others, [])
    }
    const { settings, warnings } = await readSiteSettings({ env: { NODE_ENV, SECRET_KEY: LONG_KEY } })
    t.is(settings?.environment, NODE_ENV)
    t.is(warnings.length, 1)
  })
}

for (const NODE_ENV of ['redis', 'memory', 'development', 'test', '']) {
  test(`NODE_ENV=${NODE_ENV} serves other machines with a warning, and shows them no internals`, async (t) => {
    const env = { NODE_ENV, SECRET_KEY: LONG_KEY }
    const own = await loadSiteSettings({ env })
    t.is(exposureWarning(own), undefined)
    t.true(showsInternals(own))
    t.is(metricsOpen(own), 'to this machine')

    const { settings, warnings } = await readSiteSettings({ env: { ...env, HOST: '0.0.0.0' } })
    if (settings === undefined) return t.fail()
    t.regex(
      warnings.join(),
      /^HOST=0\.0\.0\.0 serves other machines in the environment .*NODE_ENV=production/,
    )
    t.false(showsInternals(settings))
    t.is(metricsOpen(settings), undefined)
    const asked = await loadSiteSettings({
      env: { ...env, HOST: '0.0.0.0', SHOW_INTERNALS: 'true', METRICS: 'true' },
    })
    t.true(showsInternals(asked))
    t.is(metricsOpen(asked), 'to everybody')
  })
}

test('production serves everybody, and shows nothing of itself', async (t) => {
  const settings = await loadSiteSettings({
    env: { NODE_ENV: 'production', HOST: '0.0.0.0', SECRET_KEY: LONG_KEY },
  })
  t.is(exposureWarning(settings), undefined)
  t.false(showsInternals(settings))
  t.is(metricsOpen(settings), undefined)
})
