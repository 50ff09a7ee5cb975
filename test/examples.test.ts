import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { WebSocket } from 'ws'
import { application, compile } from './support/application.js'
import { Browser } from './support/browser.js'
import { codeIn } from './support/documents.js'
import { root } from './support/root.js'

const example = (name: string): Promise<string> => readFile(join(root, 'examples', name), 'utf8')

/** The token that the page's forms carry. */
async function tokenOf(browser: Browser, path = '/'): Promise<string> {
  const page = await (await browser.fetch(path)).text()
  return /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(page)?.[1] ?? ''
}

async function post(browser: Browser, path: string, fields: Record<string, string> = {}): Promise<number> {
  const body = new URLSearchParams({ csrfmiddlewaretoken: await tokenOf(browser), ...fields })
  return (await browser.fetch(path, { method: 'POST', body })).status
}

for (const name of ['minimal.mjs', 'commonjs.cjs']) {
  test(`${name} counts the visits of each browser`, async (t) => {
    const { start } = await application(t, { [name]: await example(name) })
    const { url } = await start(name)
    const [one, other] = [new Browser(url), new Browser(url)]
    const seen: string[] = []
    for (const browser of [one, one, other, one]) {
      await browser.fetch('/favicon.ico')
      seen.push(await (await browser.fetch('/')).text())
    }
    t.deepEqual(seen, ['visit 1', 'visit 2', 'visit 1', 'visit 3'])
  })
}

test('typescript.ts compiles as strictly as there is, and adds to the newest basket', async (t) => {
  const project = await application(t, { 'typescript.ts': await example('typescript.ts') })
  await compile(project, ['typescript.ts'])

  const { url } = await project.start('typescript.ts')
  const browser = new Browser(url)
  await browser.fetch('/basket/tea', { method: 'POST' })
  await Promise.all(['tea', 'milk'].map((name) => browser.fetch(`/basket/${name}`, { method: 'POST' })))
  t.deepEqual(await (await browser.fetch('/basket')).json(), { tea: 2, milk: 1 })
})

test('devices.mjs lists where somebody is logged in, and logs them out there', async (t) => {
  const { start } = await application(t, { 'devices.mjs': await example('devices.mjs') })
  const { url } = await start('devices.mjs')
  const [phone, laptop] = [new Browser(url), new Browser(url)]
  phone.userAgent = 'Phone <1>'
  laptop.userAgent = 'Laptop'
  t.is(await post(phone, '/log-in', { name: 'ada', password: 'wrong' }), 403)
  t.is(await post(phone, '/log-in', { name: 'ada', password: 'lovelace' }), 302)
  t.is(await post(laptop, '/log-in', { name: 'ada', password: 'lovelace' }), 302)

  const page = await (await laptop.fetch('/')).text()
  t.regex(page, /Phone &#60;1&#62;, last seen .*\n.*Log out there/s)
  t.is((await laptop.fetch('/log-out-elsewhere', { method: 'POST' })).status, 403)
  t.is(await post(laptop, /action="(\/devices\/[^"]+)"/.exec(page)?.[1] ?? ''), 302)
  t.regex(await (await phone.fetch('/')).text(), /Log in/)
  t.regex(await (await laptop.fetch('/')).text(), /Hello ada/)
})

test('passport.mjs logs in with the right password, and out', async (t) => {
  const { start } = await application(t, { 'passport.mjs': await example('passport.mjs') })
  const { url } = await start('passport.mjs')
  const browser = new Browser(url)
  t.is(await post(browser, '/log-in', { username: 'ada', password: 'wrong' }), 302)
  t.notRegex(await (await browser.fetch('/')).text(), /Hello/)
  t.is(await post(browser, '/log-in', { username: 'ada', password: 'lovelace' }), 302)
  t.regex(await (await browser.fetch('/')).text(), /Hello ada/)
  t.is(await post(browser, '/log-out'), 302)
  t.notRegex(await (await browser.fetch('/')).text(), /Hello/)
})

test('web-socket.mjs lets in who is logged in, from its own pages only, and closes with the session', async (t) => {
  const { start } = await application(t, { 'web-socket.mjs': await example('web-socket.mjs') })
  const { url } = await start('web-socket.mjs')
  const browser = new Browser(url)
  browser.saysOrigin = true
  const connect = (origin: string): WebSocket => {
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const socket = new WebSocket(url.replace('http', 'ws'), { origin, headers: { cookie } })
    t.teardown(() => socket.terminate())
    return socket
  }
  const refusal = async (socket: WebSocket): Promise<string> => {
    const [error] = await once(socket, 'error')
    return error.message
  }
  t.regex(await refusal(connect(url)), /401/)
  t.is((await browser.fetch('/log-in', { method: 'POST' })).status, 204)
  t.regex(await refusal(connect('https://elsewhere.example')), /403/)

  const socket = connect(url)
  const [message] = await once(socket, 'message')
  t.is(String(message), 'Hello ada')
  const closed = once(socket, 'close')
  t.is((await browser.fetch('/log-out', { method: 'POST' })).status, 204)
  t.is((await closed)[0], 4401)
})

test('every example stands in the list, and is tried here', async (t) => {
  const files = (await readdir(join(root, 'examples'))).filter((name) => name !== 'README.md')
  const [list, tests] = [
    await example('README.md'),
    await readFile(join(root, 'test/examples.test.ts'), 'utf8'),
  ]
  t.deepEqual(
    files.filter((name) => !list.includes(`[${name}](${name})`) || !tests.includes(name)),
    [],
  )
})

test('the server of docs/deploying.md answers what is under way when it is told to stop, and ends with 0', async (t) => {
  const slow = `app.use(async (ctx, next) => {
    if (ctx.path === '/slow') await new Promise((resolve) => process.once('message', resolve).send('it is here'))
    await next()
  })`
  const code = codeIn('docs/deploying.md', 'server.mjs').replace('app.use(', `${slow}\napp.use(`)
  const { start } = await application(t, { 'server.mjs': code })
  const { url, child } = await start('server.mjs')
  const browser = new Browser(url)
  t.is(await (await browser.fetch('/')).text(), 'visit 1')
  const arrived = once(child, 'message')
  const answer = browser.fetch('/slow')
  await arrived
  child.kill('SIGTERM')
  child.send('go on')
  t.is(await (await answer).text(), 'visit 2')
  const [exitCode] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  t.is(exitCode, 0)
})
