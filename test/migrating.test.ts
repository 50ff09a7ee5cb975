import test, { type ExecutionContext } from 'ava'
import { type Application, application, compile } from './support/application.js'
import { Browser } from './support/browser.js'
import { codeIn } from './support/documents.js'
import { onRedis } from './support/servers/on-redis.js'
import { redisUrl } from './support/servers/redis.js'
import { sharedPort } from './support/servers/shared.js'

const programs = ['before.mjs', 'after.mjs']

/** A project with the programs of the page; both use this Redis. */
async function project(t: ExecutionContext, page: string, redis = ''): Promise<Application> {
  const named = page === 'django' ? ['after.mjs'] : programs
  const files = named.map((name) => [name, codeIn(`docs/migrating/${page}.md`, name)] as const)
  const at = (code: string): string => code.replace('redis://127.0.0.1:6379', redis)
  return application(t, Object.fromEntries(files.map(([name, code]) => [name, at(code)])))
}

/** Somebody counts to two in the old program, and to four in the new one. */
async function countOn(t: ExecutionContext, { start }: Application): Promise<void> {
  const seen: string[] = []
  const before = await start('before.mjs')
  let browser = new Browser(before.url)
  const visit = async (): Promise<void> => {
    seen.push(await (await browser.fetch('/')).text())
  }
  await visit()
  await visit()
  before.child.kill('SIGKILL')
  const after = await start('after.mjs')
  browser = browser.movedTo(after.url)
  await visit()
  await visit()
  t.deepEqual(seen, ['visit 1', 'visit 2', 'visit 3', 'visit 4'])
}

test('docs/migrating/koa-session.md: who has counted with koa-session counts on', async (t) => {
  await countOn(t, await project(t, 'koa-session'))
})

for (const page of ['koa-generic-session', 'express-session'])
  onRedis(`docs/migrating/${page}.md: who has counted with it counts on`, async (t) => {
    await countOn(t, await project(t, page, redisUrl(await sharedPort('redis'))))
  })

test('docs/migrating/django.md: the view counts, and logs in and out', async (t) => {
  const { start } = await project(t, 'django')
  const { url } = await start('after.mjs')
  const browser = new Browser(url)
  const count = async (): Promise<string> => (await browser.fetch('/')).text()
  t.is(await count(), 'visit 1')
  await browser.fetch('/log-in')
  t.is(await count(), 'visit 2')
  await browser.fetch('/log-out')
  t.is(await count(), 'visit 1')
})

/** Those that import the package itself see `ctx.session` as it is there. */
const families = [
  ['koa-session', 'koa-generic-session'],
  ['express-session', 'django'],
]

test('the new programs of docs/migrating compile, as strictly as plain JavaScript can be checked', async (t) => {
  for (const pages of families) {
    const programs = pages.map((page) => [`${page}.mjs`, codeIn(`docs/migrating/${page}.md`, 'after.mjs')])
    const files = Object.fromEntries(programs)
    const project = await application(t, files)
    const asJavaScript = { allowJs: true, checkJs: true, noImplicitAny: false }
    await t.notThrowsAsync(compile(project, Object.keys(files), asJavaScript))
  }
})
