import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ExecutionContext } from 'ava'
import type Koa from 'koa'
import { openSessions, type Sessions } from '../../src/lib/index.js'
import { Browser } from '../support/browser.js'
import { root } from '../support/root.js'
import { serve } from '../support/serve.js'
import { testOf } from '../support/test-of.js'

const folder = new URL('src/site/demos/side-by-side/', pathToFileURL(root))
const SECRET = 'a secret of the tests, and of nobody else'

/** The one account that there is. */
interface Entry {
  readonly username?: unknown
  readonly password?: unknown
}
const authenticate = ({ username, password }: Entry) =>
  username === 'ada' && password === 'lovelace' ? 'ada' : undefined

/** Django with the views of the file, on a free port, whose number it prints. */
const DJANGO = `
import sys
sys.path.insert(0, sys.argv[1])
from django.conf import settings
settings.configure(
    SECRET_KEY='${SECRET}', ROOT_URLCONF='views', ALLOWED_HOSTS=['*'],
    INSTALLED_APPS=['django.contrib.' + name for name in ('auth', 'contenttypes', 'sessions')],
    MIDDLEWARE=['django.contrib.sessions.middleware.SessionMiddleware',
                'django.contrib.auth.middleware.AuthenticationMiddleware'],
    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}},
    SESSION_ENGINE='django.contrib.sessions.backends.cache',
    PASSWORD_HASHERS=['django.contrib.auth.hashers.MD5PasswordHasher'])
import django
django.setup()
from django.core.management import call_command
call_command('migrate', verbosity=0)
from django.contrib.auth.models import User
User.objects.create_user('ada', password='lovelace')
from wsgiref.simple_server import make_server
from django.core.wsgi import get_wsgi_application
server = make_server('127.0.0.1', 0, get_wsgi_application())
print(server.server_port, flush=True)
server.serve_forever()
`

async function django(t: ExecutionContext): Promise<string> {
  const args = ['-B', '-c', DJANGO, fileURLToPath(folder)]
  const child = spawn('/usr/bin/python3', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => void child.kill())
  for await (const line of createInterface(child.stdout)) return `http://127.0.0.1:${line}`
  throw new Error('Django did not start')
}

async function express(t: ExecutionContext): Promise<string> {
  const { application } = (await import(new URL('express.js', folder).href)) as {
    application: (parts: { secret: string; authenticate: unknown }) => RequestListener
  }
  const app = application({ secret: SECRET, authenticate })
  return serve(t, { callback: () => app })
}

async function koa(t: ExecutionContext): Promise<string> {
  const sessions = await openSessions({ engine: 'cache', environment: 'test' })
  t.teardown(() => sessions.close())
  const { application } = (await import(new URL('koa.js', folder).href)) as {
    application: (parts: { sessions: Sessions; authenticate: unknown }) => Koa
  }
  const app = application({ sessions, authenticate })
  app.silent = true
  return serve(t, app)
}

const missing = existsSync('/usr/lib/python3/dist-packages/django') ? undefined : 'python3-django'

for (const { title, start, cookie, missing: absent } of [
  { title: 'Django', start: django, cookie: 'sessionid', missing },
  { title: 'Express', start: express, cookie: 'connect.sid', missing: undefined },
  { title: 'Koa, with this package', start: koa, cookie: 'sessionid', missing: undefined },
]) {
  testOf({ title, missing: absent }, 'the lines that pages show side by side do the same', async (t) => {
    const browser = new Browser(await start(t))
    const get = async (path: string) => (await browser.fetch(path)).text()
    const post = async (path: string, fields: Record<string, string> = {}) =>
      (await browser.fetch(path, { method: 'POST', body: new URLSearchParams(fields) })).status

    t.is(await get('/check'), 'No cookie came.')
    t.is(await get('/ask'), 'Has it come back?')
    t.is(await get('/check'), 'Cookies work.')
    t.is(await get('/check'), 'No cookie came.')

    t.is(await get('/page-count'), '1')
    t.is(await get('/page-count'), '2')
    for (const name of ['tea', '__proto__', 'tea']) t.true([302, 303].includes(await post('/add', { name })))
    t.is(await get('/cart'), '2 tea, 1 __proto__')

    const before = browser.cookies.get(cookie)
    t.is(await post('/log-in', { username: 'ada', password: 'wrong' }), 403)
    t.is(await get('/'), 'nobody')
    const planted = browser.copy()
    await post('/log-in', { username: 'ada', password: 'lovelace' })
    t.is(await get('/'), 'ada')
    t.not(browser.cookies.get(cookie), before)
    t.is(await get('/page-count'), '3', 'the data is carried over')
    t.is(await (await planted.fetch('/')).text(), 'nobody', 'the id from before leads nowhere')

    const copy = browser.copy()
    await post('/log-out')
    t.is(await get('/'), 'nobody')
    t.is(await get('/page-count'), '1')
    t.is(await (await copy.fetch('/')).text(), 'nobody')
  })
}
