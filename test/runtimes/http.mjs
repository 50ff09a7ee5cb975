/**
 * Sessions over HTTP with the installed package, on any runtime: `npm run runtimes` copies this file beside it. Plain
 * JavaScript and no test runner, since AVA runs on Node alone. Arguments: the engines to try, each by its name.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Koa from 'koa'
import { csrf, openSessions } from 'koa-tessera'

const secretKey = 'a secret of the tests, and of nobody else'

/** Answers with the body, the status and the cookie that a browser would have after it. */
async function request(url, path, cookie, method = 'GET', headers = {}) {
  const sent = cookie === undefined ? headers : { ...headers, cookie: `sessionid=${cookie}` }
  const answer = await fetch(url + path, { method, headers: sent })
  const line = answer.headers.getSetCookie().find((one) => one.startsWith('sessionid='))
  const value = line?.slice('sessionid='.length).split(';', 1)[0]
  return {
    status: answer.status,
    body: await answer.text(),
    line,
    cookie: value === '' ? undefined : (value ?? cookie),
  }
}

function count(session) {
  session.transform('n', (n = 0) => n + 1)
  return String(session.get('n'))
}

function application(sessions) {
  const app = new Koa()
  app.silent = true
  app.use(sessions.middleware())
  app.use(csrf({ secretKey }))
  app.use(async (ctx) => {
    if (ctx.path === '/untouched') ctx.body = 'ok'
    if (ctx.path === '/count') ctx.body = count(await ctx.session)
    if (ctx.path === '/read') ctx.body = String((await ctx.session).get('n', 'nothing'))
    if (ctx.path === '/login') ctx.body = (await ctx.session).login('ada') ?? 'ok'
    if (ctx.path === '/user') ctx.body = (await ctx.session).user ?? 'nobody'
    if (ctx.path === '/logout') ctx.body = (await ctx.session).flush() ?? 'ok'
    if (ctx.path === '/boom') {
      ;(await ctx.session).set('n', 100)
      throw new Error('boom')
    }
    if (ctx.path === '/slow') {
      const session = await ctx.session
      await request(`http://${ctx.host}`, '/logout', ctx.cookies.get('sessionid'))
      session.set('n', 7)
      ctx.body = 'late'
    }
  })
  return app
}

async function tryEngine(engine, directory) {
  const sessions = await openSessions({
    engine,
    secretKey,
    databaseUrl: `sqlite:${join(directory, 'sessions.sqlite')}`,
    filePath: join(directory, 'sessions'),
    cleanupInterval: 0,
  })
  const server = createServer(application(sessions).callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  try {
    const isCookie = engine === 'signed_cookies'
    assert.equal((await request(url, '/untouched')).line, undefined, 'an untouched session sets no cookie')
    const first = await request(url, '/count')
    assert.match(first.line ?? first.body, /HttpOnly/i)
    let { cookie } = first
    for (const n of ['2', '3']) {
      const answer = await request(url, '/count', cookie)
      assert.equal(answer.body, n)
      cookie = answer.cookie
    }
    if (!isCookie) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => request(url, '/count', cookie)))
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
      assert.equal((await request(url, '/read', cookie)).body, '11', 'each of eight requests at once counts')
    }
    const before = (await request(url, '/read', cookie)).body
    const boom = await request(url, '/boom', cookie)
    assert.deepEqual([boom.status, boom.line], [500, undefined])
    assert.equal((await request(url, '/read', cookie)).body, before, 'a request that fails saves nothing')
    const loggedIn = await request(url, '/login', cookie)
    assert.notEqual(loggedIn.cookie, cookie, 'a log-in gives another id')
    assert.equal((await request(url, '/user', loggedIn.cookie)).body, 'ada')
    const forged = await request(url, '/count', loggedIn.cookie, 'POST', { origin: 'https://evil.example' })
    assert.equal(forged.status, 403, 'a form of another site is refused')
    if (!isCookie) {
      const late = await request(url, '/slow', loggedIn.cookie)
      assert.deepEqual([late.status, late.line], [400, undefined], 'a late write does not undo a log-out')
      assert.equal((await request(url, '/user', loggedIn.cookie)).body, 'nobody')
      assert.equal((await sessions.forUser('ada')).length, 0)
    }
  } finally {
    server.close()
    server.closeAllConnections?.()
    await sessions.close()
  }
}

let failed = false
for (const engine of process.argv.slice(2)) {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
  try {
    await tryEngine(engine, directory)
    console.log(`${engine}: ok`)
  } catch (error) {
    failed = true
    console.log(`${engine}: ${error instanceof Error ? error.message : error}`)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
process.exit(failed ? 1 : 0)
