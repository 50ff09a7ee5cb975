import { writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ExecutionContext } from 'ava'
import Koa, { type Context } from 'koa'
import { csrf, djangoUser } from '../../../src/lib/index.js'
import { type Answer, send, Visitor } from '../../support/client.js'
import { besideDjango, type Pair } from '../../support/django/pair.js'
import { SECRET } from '../../support/django/project.js'
import { codeIn } from '../../support/documents.js'
import { serve } from '../../support/serve.js'
import { temporaryDirectory } from '../../support/server-process.js'

const beside = besideDjango({ on: ['SQLite'], env: { WEB: 'yes' } })
const besideInSession = besideDjango({ on: ['SQLite'], env: { WEB: 'yes', CSRF_USE_SESSIONS: 'yes' } })

/** Both sites, as one visitor finds them behind one host. */
interface Sites {
  /** Their addresses. */
  readonly django: string
  readonly koa: string
  readonly visitor: Visitor
}

/** What a page of Koa says. */
interface KoaSays {
  readonly tessera: string
  readonly django: string
  readonly session: Readonly<Record<string, unknown>>
}

/** Where each project serves its pages. */
const ports = new WeakMap<Pair, Promise<number>>()

/** `isInSession`: where Django keeps its token. */
async function sitesOf(t: ExecutionContext, pair: Pair, isInSession = false): Promise<Sites> {
  const sessions = await pair.open(t)
  const djangoToken = await documentedToken(t)
  const app = new Koa()
  app.silent = true
  app.use(sessions.middleware())
  app.use(csrf({ secretKey: SECRET, cookieName: 'tessera_csrftoken' }))
  app.use(async (ctx) => {
    const session = await ctx.session
    if (ctx.method === 'POST' && ctx.path === '/form') session.set<string>('koa', 'said')
    if (ctx.method === 'POST' && ctx.path === '/logout') session.flush()
    const django: unknown = isInSession ? session.get('_csrftoken') : djangoToken(ctx)
    ctx.body = { tessera: ctx.state.csrfToken, django, session: Object.fromEntries(session) }
  })
  const port = ports.get(pair) ?? pair.django.do<number>('serve')
  ports.set(pair, port)
  const agent = new Agent()
  const visitor = new Visitor((url, sent) => send(agent, url, sent))
  return { django: `http://127.0.0.1:${await port}`, koa: await serve(t, app), visitor }
}

/** The function that docs/django.md gives, as it stands there. */
async function documentedToken(t: ExecutionContext): Promise<(ctx: Context) => string> {
  const path = join(await temporaryDirectory(t), 'django-token.mjs')
  await writeFile(path, codeIn('docs/django.md', 'django-token.mjs'))
  return (await import(pathToFileURL(path).href)).djangoToken
}

/** Sends a form to Django. */
function post(
  { django, visitor }: Sites,
  path: string,
  fields: Readonly<Record<string, string>>,
): Promise<Answer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams(fields).toString()
  return visitor.visit(`${django}${path}`, 'POST', {
    headers: { ...headers, 'content-length': `${body.length}` },
    body,
  })
}

async function said<Said>(answer: Promise<Answer>): Promise<Said> {
  return JSON.parse((await answer).body)
}

/** Sends every form twice, of pages that were shown before. */
async function tryForms(t: ExecutionContext, sites: Sites): Promise<void> {
  const { django, koa, visitor } = sites
  const theirs = await said<{ token: string }>(visitor.visit(`${django}/form`))
  const send = (token: string) => post(sites, '/form', { said: token, csrfmiddlewaretoken: token })
  // Now there is a session, to which a token of Koa's is bound.
  t.is((await send(theirs.token)).status, 200)
  const ours = await said<KoaSays>(visitor.visit(`${koa}/form`))
  const sendHere = (token: string) =>
    visitor.visit(`${koa}/form`, 'POST', { headers: { 'x-csrftoken': token } })
  for (let time = 0; time < 2; time++) {
    t.is((await send(theirs.token)).status, 200, 'a page of Django, to Django')
    t.is((await send(ours.django)).status, 200, 'a page of Koa, to Django')
    t.is((await sendHere(ours.tessera)).status, 200, 'a page of Koa, to Koa')
    const fromOrigin = { headers: { 'sec-fetch-site': 'same-origin' } }
    t.is((await visitor.visit(`${koa}/form`, 'POST', fromOrigin)).status, 200, 'a page of Django, to Koa')
  }
  t.is((await send('x'.repeat(32))).status, 403)
  t.is((await sendHere(theirs.token)).status, 403)
  const { session } = await said<KoaSays>(visitor.visit(`${koa}/form`))
  t.like(session, { said: ours.django, koa: 'said' })
  t.like(await said(visitor.visit(`${django}/form`)), { session: { said: ours.django, koa: 'said' } })
}

beside(
  'with Django’s token in its cookie every form of both sites is taken, and no other',
  async (t, pair) => {
    const sites = await sitesOf(t, pair)
    await tryForms(t, sites)
    t.true(sites.visitor.cookies.has('csrftoken'))
    t.true(sites.visitor.cookies.has('tessera_csrftoken'))
  },
)

beside('a visitor who comes to Koa first has a token that Django takes', async (t, pair) => {
  const sites = await sitesOf(t, pair)
  const { django } = await said<KoaSays>(sites.visitor.visit(`${sites.koa}/form`))
  t.is((await post(sites, '/form', { said: 'x', csrfmiddlewaretoken: django })).status, 200)
  await tryForms(t, sites)
})

besideInSession(
  'with CSRF_USE_SESSIONS the token is in the session, and every form of both sites is taken',
  async (t, pair) => {
    const sites = await sitesOf(t, pair, true)
    await tryForms(t, sites)
    t.false(sites.visitor.cookies.has('csrftoken'))
  },
)

beside(
  'a log-in at Django’s admin is one here, and after a log-out here the admin asks again',
  async (t, pair) => {
    const sites = await sitesOf(t, pair)
    const { django, koa, visitor } = sites
    const credentials = { username: `admin${crypto.randomUUID()}`, password: 'correct horse' }
    const id = await pair.django.do<number>('admin', credentials)
    t.is(
      (await visitor.visit(`${koa}/form`, 'POST', { headers: { 'sec-fetch-site': 'same-origin' } })).status,
      200,
    )
    const page = await visitor.visit(`${django}/admin/login/`)
    const [, token = ''] = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(page.body) ?? []
    const fields = { ...credentials, csrfmiddlewaretoken: token, next: '/admin/' }
    t.is((await post(sites, '/admin/login/', { ...fields, csrfmiddlewaretoken: 'x'.repeat(64) })).status, 403)
    t.is((await post(sites, '/admin/login/', fields)).status, 302)
    t.is((await visitor.visit(`${django}/admin/`)).status, 200)

    const { session } = await said<KoaSays>(visitor.visit(`${koa}/form`))
    t.like(session, { _auth_user_id: String(id), koa: 'said' }, 'what was set before the log-in is there')
    const opened = await (await pair.open(t)).open(visitor.cookies.get('sessionid'))
    const [row] = await pair.query(`SELECT password FROM auth_user WHERE id = ${id}`)
    t.is(await djangoUser(opened, { passwordOf: () => String(row?.password) }), String(id))
    await tryForms(t, sites)
    t.is((await visitor.visit(`${django}/admin/`)).status, 200, 'what Koa has written since logs nobody out')

    const headers = { 'sec-fetch-site': 'same-origin' }
    t.is((await visitor.visit(`${koa}/logout`, 'POST', { headers })).status, 200)
    const again = await visitor.visit(`${django}/admin/`)
    t.deepEqual([again.status, again.headers.location], [302, '/admin/login/?next=/admin/'])
  },
)
