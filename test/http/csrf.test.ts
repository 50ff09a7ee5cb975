import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { csrf } from '../../src/middleware/csrf.js'
import { serve } from '../helpers/serve.js'

const KEYS = ['a secret of the tests, and of nobody else', 'an earlier secret of the tests alone'] as const

/** An app whose GET answers the token, and whose every other method answers `done`. */
async function site(t: ExecutionContext, secretKeys: readonly [string, ...string[]] = KEYS): Promise<string> {
  const app = new Koa()
  app.silent = true
  app.use(bodyParser())
  app.use(csrf({ secretKeys }))
  app.use((ctx) => {
    ctx.body = ctx.path === '/form' ? ctx.state.csrfToken : 'done'
  })
  return serve(t, app)
}

interface Sent {
  readonly cookie?: string
  readonly field?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
}

function post(url: string, { cookie, field, headers = {}, method = 'POST' }: Sent): Promise<Response> {
  return fetch(url, {
    method,
    headers: { ...headers, ...(cookie !== undefined && { Cookie: `csrftoken=${cookie}` }) },
    ...(field !== undefined && { body: new URLSearchParams({ csrfmiddlewaretoken: field }) }),
  })
}

async function tokenFrom(url: string): Promise<string> {
  const response = await fetch(`${url}/form`)
  const token = await response.text()
  const line = response.headers.get('Set-Cookie')
  if (line !== `csrftoken=${token}; Path=/; SameSite=Lax`) throw new Error(`not the token's cookie: ${line}`)
  return token
}

test('a page that asks for no token sets no cookie', async (t) => {
  const response = await fetch(await site(t))
  t.is(response.headers.get('Set-Cookie'), null)
})

test('a browser that has a token keeps it; one whose token is not ours gets another', async (t) => {
  const url = await site(t)
  const token = await tokenFrom(url)
  const again = await fetch(`${url}/form`, { headers: { Cookie: `csrftoken=${token}` } })
  t.is(await again.text(), token)
  t.is(again.headers.get('Set-Cookie'), null)
  const planted = await fetch(`${url}/form`, { headers: { Cookie: 'csrftoken=mine.mine' } })
  t.not(await planted.text(), 'mine.mine')
})

test('S64 cookie and form field, or header, must both bear the same token of ours', async (t) => {
  const url = await site(t)
  const token = await tokenFrom(url)
  const other = await tokenFrom(url)
  const status = async (sent: Sent): Promise<number> => (await post(url, sent)).status

  t.is(await status({ cookie: token, field: token }), 200)
  t.is(await status({ cookie: token, headers: { 'X-CSRFToken': token } }), 200)
  t.is(await status({}), 403)
  t.is(await status({ cookie: token }), 403)
  t.is(await status({ field: token }), 403)
  t.is(await status({ cookie: token, field: other }), 403)
  t.is(await status({ cookie: token, field: `${token}A` }), 403)
  t.is(await status({ cookie: 'a.b', field: 'a.b' }), 403, 'both alike, and not ours')
  t.is(await status({ cookie: token, field: '' }), 403)
  t.is(await status({ cookie: '', field: '' }), 403)
})

test('every method that may change something is asked, and no other', async (t) => {
  const url = await site(t)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    t.is((await post(url, { method })).status, 403, method)
  for (const method of ['GET', 'HEAD', 'OPTIONS']) t.is((await post(url, { method })).status, 200, method)
})

test('S60 S61 S62 S63 what a browser says of where a request comes from decides, token or not', async (t) => {
  const url = await site(t)
  const token = await tokenFrom(url)
  const status = async (headers: Record<string, string>, sent: Sent = {}): Promise<number> =>
    (await post(url, { ...sent, headers })).status

  t.is(await status({ 'Sec-Fetch-Site': 'same-origin' }), 200)
  t.is(await status({ 'Sec-Fetch-Site': 'none' }), 200)
  for (const site of ['cross-site', 'same-site', 'nonsense'])
    t.is(await status({ 'Sec-Fetch-Site': site }, { cookie: token, field: token }), 403, site)

  t.is(await status({ Origin: url }), 200)
  for (const origin of ['https://evil.example', 'null', 'nonsense', `${url}0`])
    t.is(await status({ Origin: origin }, { cookie: token, field: token }), 403, origin)
})

test('S54 a token under an earlier key is still good', async (t) => {
  const token = await tokenFrom(await site(t, [KEYS[1]]))
  t.is((await post(await site(t), { cookie: token, field: token })).status, 200)
  t.is((await post(await site(t, [KEYS[0]]), { cookie: token, field: token })).status, 403)
})

test('the refusal says how to mend it', async (t) => {
  const url = await site(t)
  const token = await tokenFrom(url)
  t.regex(await (await post(url, {})).text(), /needs the cookie csrftoken\. Allow cookies/)
  t.regex(await (await post(url, { cookie: token })).text(), /lacks its token .* send it again/)
  const foreign = await post(url, { headers: { Origin: 'https://evil.example' } })
  t.regex(await foreign.text(), /sent from https:\/\/evil\.example, and is taken from http:\/\/127/)
})
