import { once } from 'node:events'
import { createServer } from 'node:http'
import { networkInterfaces } from 'node:os'
import { PassThrough } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { openSessions, type SessionEvent } from '../../src/lib/index.js'
import { createApp } from '../../src/site/app.js'
import { createLogger } from '../../src/site/log.js'
import { logEvents } from '../../src/site/process/event-log.js'
import { loadSiteSettings } from '../../src/site/settings.js'
import { heard } from '../support/heard.js'
import { serve } from '../support/serve.js'
import { temporaryDirectory } from '../support/server-process.js'

type Engine = 'cache' | 'db'
const key = 'only for these tests, and long enough'

interface Line {
  readonly level: number
  readonly msg: string
  readonly event?: string
  readonly unsaid?: number
}

const [DEBUG, INFO, WARN] = [20, 30, 40]

const pages: readonly string[] = ['/test/set', '/test/read', '/test/cycle', '/test/flush', '/test/gone']

/** The demo server's app with a few pages more, its log in hand, and the time of the sessions. */
async function openSite(
  t: ExecutionContext,
  env: Readonly<Record<string, string>> = {},
  engine: Engine = 'cache',
) {
  const settings = await loadSiteSettings({
    configDir: await temporaryDirectory(t),
    env: { SECRET_KEY: key, NODE_ENV: 'production', COOKIE_NAME: 'sessionid', ...env },
    overrides: { engine, databaseUrl: `sqlite:${await temporaryDirectory(t)}/sessions.sqlite` },
  })
  const log = new PassThrough({ encoding: 'utf8' })
  const logger = createLogger({ ...settings, environment: 'production' }, log)
  let text = ''
  log.on('data', (more: string) => {
    text += more
  })
  const time = { now: Date.UTC(2026, 0, 1) }
  const clock = (): number => time.now
  const sessions = await openSessions({ ...settings, logger, clock })
  t.teardown(() => sessions.close())
  const endLog = logEvents(sessions, logger)
  const app = await createApp({ sessions, settings, logger, clock })
  app.use(async (ctx, next) => {
    if (!pages.includes(ctx.path)) return next()
    const session = await ctx.session
    if (ctx.path === '/test/set') session.set('n', 1)
    if (ctx.path === '/test/cycle') session.cycleKey()
    if (ctx.path === '/test/flush') session.flush()
    if (ctx.path === '/test/gone') {
      await sessions.engine.delete(session.id ?? '')
      session.set('n', 2)
    }
    ctx.body = 'ok'
  })
  const url = await serve(t, app)
  const sent = new Set<string>()
  return {
    app,
    url,
    time,
    sessions,
    sent,
    endLog,
    logged: () => text,
    lines: () =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line): Line => JSON.parse(line)),
    /** Answers the id that the browser has afterwards. */
    async visit(path: string, id?: string): Promise<string | undefined> {
      if (id !== undefined) sent.add(id)
      const response = await fetch(
        url + path,
        id === undefined ? {} : { headers: { Cookie: `sessionid=${id}` } },
      )
      await response.text()
      const given = /^sessionid=([^;]+)/.exec(response.headers.get('Set-Cookie') ?? '')?.[1]
      if (given !== undefined && given !== '""') sent.add(given)
      return given ?? id
    },
    get: (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers }),
  }
}

/** The samples of our counter in Prometheus' text, those of 0 left out. */
function countsIn(text: string): Record<string, number> {
  const samples = text.matchAll(/^tessera_session_events_total\{event="([\w-]+)"\} (\d+)$/gm)
  return Object.fromEntries([...samples].map(([, event, n]) => [event, Number(n)]).filter(([, n]) => n !== 0))
}

for (const engine of ['cache', 'db'] as const) {
  test(`${engine}: S70 what happens to sessions is logged and counted; S12 nowhere is an id`, async (t) => {
    const site = await openSite(t, { METRICS: 'true', LOG_LEVEL: 'debug' }, engine)
    const events: SessionEvent[] = heard(site.sessions)
    const first = await site.visit('/test/set')
    const second = await site.visit('/test/cycle', first)
    await site.visit('/test/flush', second)
    for (const id of [first, second, 'u'.repeat(32), '../../etc/passwd']) await site.visit('/test/read', id)
    await site.visit('/test/gone', await site.visit('/test/set'))
    const late = await site.visit('/test/set')
    site.time.now += 1_209_600_000
    await site.visit('/test/read', late)

    const metrics = await (await site.get('/metrics')).text()
    t.deepEqual(countsIn(metrics), {
      created: 3,
      renewed: 1,
      expired: 1,
      logout: 1,
      interrupted: 1,
      'use-after-end': 2,
      'unknown-id': 1,
      'malformed-id': 1,
    })
    t.regex(metrics, /^process_resident_memory_bytes \d+$/m)
    t.regex(metrics, /^tessera_session_events_total\{event="engine-down"\} 0$/m)

    const told = site.lines().filter(({ event }) => event !== undefined)
    t.deepEqual(
      told.map(({ event, level }) => [event, level]),
      [
        ['created', DEBUG],
        ['renewed', DEBUG],
        ['logout', INFO],
        ['use-after-end', INFO],
        ['use-after-end', WARN],
        ['unknown-id', WARN],
        ['malformed-id', WARN],
        ['created', DEBUG],
        ['interrupted', WARN],
        ['created', DEBUG],
        ['expired', DEBUG],
      ],
    )
    const written = [JSON.stringify(events), site.logged(), metrics]
    t.is(site.sent.size, 6)
    for (const id of site.sent) for (const text of written) t.false(text.includes(id), id)
  })
}

test('ten thousand malformed ids are counted one by one, and logged as twenty lines and a sum', async (t) => {
  const site = await openSite(t, { METRICS: 'true' })
  for (let n = 0; n < 10_000; n++) await site.sessions.open(`no id ${n}`)
  t.is(countsIn(await (await site.get('/metrics')).text())['malformed-id'], 10_000)
  const ofGuesses = () => site.lines().filter(({ event }) => event === 'malformed-id')
  t.is(ofGuesses().length, 20)
  site.time.now += 59_999
  await site.sessions.open('no id')
  t.is(ofGuesses().length, 20)
  // Another event is none of its business, and has room of its own.
  await site.sessions.open('u'.repeat(32))
  t.is(site.lines().at(-1)?.event, 'unknown-id')
  site.time.now += 1
  await site.sessions.open('no id')
  t.deepEqual(
    ofGuesses()
      .slice(20)
      .map(({ unsaid }) => unsaid),
    [9981, undefined],
  )
})

test('what was not logged is summed up at the end, and afterwards there is no more', async (t) => {
  const site = await openSite(t)
  for (let n = 0; n < 25; n++) await site.sessions.open('no id')
  site.endLog()
  t.is(site.lines().at(-1)?.unsaid, 5)
  await site.sessions.open('no id')
  t.is(site.lines().at(-1)?.unsaid, 5)
})

test('without METRICS: to this machine outside production, to a proxy’s visitors not, in production to nobody', async (t) => {
  const development = await openSite(t, { NODE_ENV: 'development' })
  const answer = await development.get('/metrics')
  t.is(answer.status, 200)
  t.is(answer.headers.get('Content-Type'), 'text/plain; version=0.0.4; charset=utf-8')
  t.is(answer.headers.get('Cache-Control'), 'no-store')
  for (const name of ['X-Forwarded-For', 'Forwarded']) {
    t.is((await development.get('/metrics', { [name]: '127.0.0.1' })).status, 404, name)
  }
  const production = await openSite(t)
  t.is((await production.get('/metrics')).status, 404)
  const off = await openSite(t, { NODE_ENV: 'development', METRICS: 'false' })
  t.is((await off.get('/metrics')).status, 404)
  const open = await openSite(t, { METRICS: 'true' })
  t.is((await open.get('/metrics', { 'X-Forwarded-For': '192.0.2.1' })).status, 200)
})

const addresses = Object.values(networkInterfaces()).flat()
const outside = addresses.find((one) => one?.internal === false && one.family === 'IPv4')?.address
const hasIPv6 = addresses.some((one) => one?.address === '::1')

const onNetwork = outside === undefined ? test.skip : test
onNetwork(
  `without METRICS nobody gets them who comes over the network, not even to a server for all of it${outside === undefined ? ' (this machine is on no network)' : ''}`,
  async (t) => {
    const { app } = await openSite(t, { NODE_ENV: 'development' })
    const server = createServer(app.callback()).listen(0, hasIPv6 ? '::' : '0.0.0.0')
    t.teardown(() => server.close())
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const statuses = [outside, '127.0.0.1', ...(hasIPv6 ? ['[::1]'] : [])].map(
      async (host) =>
        (await fetch(`http://${host}:${port}/metrics`, { headers: { Connection: 'close' } })).status,
    )
    t.deepEqual(await Promise.all(statuses), hasIPv6 ? [404, 200, 200] : [404, 200])
  },
)

test('S70 asking for the metrics asks for no session', async (t) => {
  const site = await openSite(t, { METRICS: 'true' })
  const events = heard(site.sessions)
  const { headers } = await site.get('/metrics', { Cookie: `sessionid=${'u'.repeat(32)}` })
  t.is(headers.get('Set-Cookie'), null)
  t.deepEqual(events, [])
})

const always = {
  'content-security-policy': /^default-src 'none';.*frame-ancestors 'none'$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'referrer-policy': /^same-origin$/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^SAMEORIGIN$/,
}
for (const path of ['/', '/healthz', '/no-such-page', '/assets/tessera.css']) {
  test(`security headers are on every answer, ${path} too; HTTPS alone is asked for in production only`, async (t) => {
    const [production, development] = [await openSite(t), await openSite(t, { NODE_ENV: 'development' })]
    for (const site of [production, development]) {
      const { headers } = await site.get(path)
      for (const [name, value] of Object.entries(always)) t.regex(headers.get(name) ?? '', value, name)
      t.is(headers.get('X-Powered-By'), null)
    }
    const { headers } = await production.get(path)
    t.regex(headers.get('Strict-Transport-Security') ?? '', /^max-age=31536000; includeSubDomains$/)
    t.is((await development.get(path)).headers.get('Strict-Transport-Security'), null)
  })
}

test('security headers are on what is answered for a thrown error too', async (t) => {
  const site = await openSite(t)
  for (const [path, init] of [
    ['/sessions/log-in', { method: 'POST', headers: { 'Sec-Fetch-Site': 'cross-site' } }],
    ['/sessions/log-in', { method: 'POST', headers: { Origin: 'null' } }],
  ] as const) {
    const { status, headers } = await fetch(new URL(path, site.url), init)
    t.is(status, 403)
    for (const [name, value] of Object.entries(always)) t.regex(headers.get(name) ?? '', value, name)
  }
})
