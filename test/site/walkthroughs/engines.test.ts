import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { ENGINE_NAMES } from '../../../src/lib/engines/names.js'
import { engineKinds } from '../../../src/site/demos/engines/kinds.js'
import { loadSiteSettings } from '../../../src/site/settings.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { onRedis } from '../../support/servers/on-redis.js'
import { askRedis, redisUrl } from '../../support/servers/redis.js'
import { sharedPort } from '../../support/servers/shared.js'
import { onEngines, openSite, type Page, type Person, type Site } from './site.js'

/** What the page says under `name` about how `engine` stores the session. */
function part(page: Page, engine: string, name: string): string {
  const names = page.all(`#shape-${engine} dt`)
  return page.all(`#shape-${engine} dd`)[names.indexOf(name)] ?? ''
}

async function begun(site: Site): Promise<{ person: Person; page: Page; id: string }> {
  const person = site.person()
  const page = await person.submit(await person.open('/engines'), '/engines/begin')
  return { person, page, id: person.cookies.get('sessionid') ?? '' }
}

onEngines('the visitor’s own session is shown in every shape, and its id in none', async (t, site) => {
  const { page, id } = await begun(site)
  const { name, inspect } = site.sessions.engine
  t.is(page.text('#runs'), name)
  t.regex(page.text('#whose') ?? '', /^This is your own session/)
  t.deepEqual(page.all('.shapes .tick'), ['in use'])
  t.true(page.has(`#shape-${name} .tick`))

  const stored = await inspect?.(id)
  if (name === 'signed_cookies') {
    t.like(JSON.parse(part(page, name, 'decoded')), { data: { engines: name } })
  } else {
    t.is(page.text('#text'), stored?.text ?? '')
    t.is(part(page, name, 'key'), stored?.key.replace(/.{56}$/, '…') ?? '')
  }
  t.like(JSON.parse(page.text('#text') ?? ''), { value: { data: { engines: name } } })
  const others = page.all('.shapes dd').filter((text) => text.includes('"data"'))
  t.deepEqual(others, [part(page, 'signed_cookies', 'decoded')], 'no engine repeats it')
  t.false(page.html.includes(id))
  t.notRegex(page.html, /[0-9a-f]{64}/, 'nor the whole hash')
})

onEngines('the cookies that are shown open nothing', async (t, site) => {
  const { page } = await begun(site)
  for (const codec of ['sealed', 'signed']) {
    const [name = '', value = ''] = part(page, 'signed_cookies', `COOKIE_CODEC=${codec}`).split('=')
    t.regex(value, codec === 'sealed' ? /^e1\./ : /^s1\./)
    const thief = site.person()
    thief.cookies.set(name, value)
    t.regex((await thief.open('/engines')).text('#whose') ?? '', /^You have no session yet/)
  }
})

onEngines('who has no session is shown an example, and is given none in passing', async (t, site) => {
  const person = site.person()
  const page = await person.open('/engines')
  t.is(person.cookies.get('sessionid'), undefined)
  t.regex(page.text('#whose') ?? '', /^You have no session yet: this is an example/)
  t.like(JSON.parse(page.text('#text') ?? ''), { value: { data: { name: 'Ada' } } })
})

onEngines('what runs now is told with what it can do', async (t, site) => {
  const page = await site.person().open('/engines')
  const { revocable, shared } = site.sessions.engine.capabilities
  for (const [id, can] of Object.entries({ revocable, shared }))
    t.regex(page.text(`#${id}`) ?? '', can ? /^yes/ : /^no/)
  t.regex(page.text('#stale') ?? '', /^no/)
})

for (const engine of ['db', 'cached_db', 'file', 'cache', 'signed_cookies']) {
  test(`what the table says of ${engine} is what the engine says of itself`, async (t) => {
    const site = await openSite(t, { SESSION_ENGINE: engine })
    const page = await site.person().open('/engines')
    const { revocable, shared } = site.sessions.engine.capabilities
    const word = (can: boolean): string => (can ? 'yes' : 'no')
    t.deepEqual(page.all(`#differs-${engine} td`).slice(0, 2), [word(revocable), word(shared)])
    t.true(page.has(`#differs-${engine}.runs`))
  })
}

test('an engine that may answer late says by how much', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cached_db', CACHE_TTL: '7' })
  t.regex((await site.person().open('/engines')).text('#stale') ?? '', /^by 7 seconds/)
})

test('in production nobody’s record is shown', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache', NODE_ENV: 'production' })
  const person = site.person()
  await person.open('/sessions/library')
  const page = await person.open('/engines')
  t.regex(page.text('#whose') ?? '', /^This server shows no records/)
  t.false(page.html.includes('numVisits'))
  t.like(JSON.parse(page.text('#text') ?? ''), { value: { data: { name: 'Ada' } } })
})

test('what a session holds is text on the page; what is too large for a cookie is told', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const { person, id } = await begun(site)
  const session = await site.sessions.open(id)
  session.set('note', `<script>alert(1)</script>${'x'.repeat(5000)}`)
  await session.save()
  const page = await person.open('/engines')
  t.is(page.status, 200)
  t.false(page.html.includes('<script>alert'))
  t.regex(page.text('#text') ?? '', /<script>alert/)
  for (const codec of ['sealed', 'signed'])
    t.regex(part(page, 'signed_cookies', `COOKIE_CODEC=${codec}`), /^too large for a cookie: \d+ bytes/)
})

test('the file that is shown is the one that is there', async (t) => {
  const directory = await temporaryDirectory(t)
  const site = await openSite(t, { SESSION_ENGINE: 'file', SESSION_FILE_PATH: directory })
  const { page } = await begun(site)
  const files = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.json'))
  const [file = ''] = files
  t.is(files.length, 1)
  const path = join(directory, file)
  t.is(part(page, 'file', 'path'), path.replace(/.{56}\.json$/, '….json'))
  t.is(page.text('#text'), await readFile(path, 'utf8'))
})

onRedis('the Redis key that is shown is the one that is there, and lives as long', async (t) => {
  const url = redisUrl(await sharedPort('redis'))
  const prefix = randomUUID()
  const site = await openSite(t, { SESSION_ENGINE: 'redis', REDIS_URL: url, KEY_PREFIX: prefix })
  const { page } = await begun(site)
  await askRedis(url, async (client) => {
    const [key = ''] = await client.keys(`${prefix}::*`)
    t.is(part(page, 'redis', 'GET'), key.replace(/.{56}$/, '…'))
    t.is(page.text('#text'), (await client.get(key)) ?? '')
    const shown = Number.parseInt(part(page, 'redis', 'PTTL'), 10)
    t.true(Math.abs(shown - (await client.pTTL(key))) < 60_000)
  })
})

test('there is a word on every engine, and each line starts the one that it is about', async (t) => {
  t.deepEqual(engineKinds.map(({ name }) => name).sort(), [...ENGINE_NAMES].sort())
  for (const { name, start } of engineKinds) {
    for (const line of start) {
      const [, environment = 'development'] = /NODE_ENV=(\w+)/.exec(line) ?? []
      const { engine } = await loadSiteSettings({ env: { NODE_ENV: environment } })
      t.is(engine, name, line)
    }
  }
})

onEngines('who changes the engine while logged in goes on, and both engines show it', async (t, site) => {
  const person = site.person()
  let page = await person.submit(await person.open('/engines'), '/engines/log-in')
  const user = page.text('#change-user') ?? ''
  t.regex(user, /^member-/)
  page = await person.submit(page, '/engines/count')
  t.is(page.text('#change-count'), '2')
  t.regex(page.text('#change-cache') ?? '', /"counted":2/)
  t.is(page.text('#change-db'), 'nothing')
  page = await person.submit(page, '/engines/change')
  t.is(page.text('#change-engine'), 'db')
  t.is(page.text('#change-user'), user)
  t.regex(page.text('#change-cache') ?? '', /"move":"moved"/)
  t.regex(page.text('#change-db') ?? '', /"counted":2/)
  page = await person.submit(page, '/engines/count')
  t.is(page.text('#change-count'), '3')
  t.false(page.has('form[action="/engines/change"]'))
})

test('MOVE_FROM on the site itself: who is logged in goes on after the engine was changed, and the inspector shows the new one', async (t) => {
  const directory = await temporaryDirectory(t)
  const before = await openSite(t, { SESSION_ENGINE: 'file', SESSION_FILE_PATH: directory })
  const { person, id } = await begun(before)
  const after = await openSite(t, { MOVE_FROM: 'file', MOVE_FROM_FILE_PATH: directory })
  const again = after.person()
  for (const [name, value] of person.cookies) again.cookies.set(name, value)
  const page = await again.open('/engines')
  t.is(page.text('#runs'), 'db')
  t.regex(page.text('#whose') ?? '', /^This is your own session/)
  t.like(JSON.parse(page.text('#text') ?? ''), { value: { data: { engines: 'file' } } })
  t.is((await after.sessions.open(id)).get('engines'), 'file')
  t.deepEqual(page.all('.calls code'), ['load'])
})
