import test, { type ExecutionContext } from 'ava'
import Koa, { type Context } from 'koa'
import { COOKIE_SALT, DjangoSigner, SESSION_SALT } from '../../../src/lib/codecs/django/signing.js'
import {
  CookieTooLarge,
  djangoLogin,
  djangoUser,
  openSessions,
  type Session,
  type SessionsOptions,
} from '../../../src/lib/index.js'
import { DjangoProject, djangoMissing, SECRET } from '../../support/django/project.js'
import { serve } from '../../support/serve.js'
import { testOf } from '../../support/test-of.js'

const WEEKS = 1_209_600
const NEXT = 'tessera-django-tests-next-4Zk8Qw2pVb9LmXc7RtYn5HdGfJs3A6eU'

/** What the visitor's browser was answered, and the `Cookie` header that it sends from then on. */
interface Visit {
  readonly status: number
  readonly data: Readonly<Record<string, unknown>>
  readonly user: unknown
  readonly line: string | undefined
  readonly cookie: string
}

type Act = (session: Session, ctx: Context) => unknown

interface KoaSite {
  readonly errors: Error[]
  visit(cookie: string, act?: Act): Promise<Visit>
}

/** A Koa site whose sessions are Django's cookies, over HTTP. */
async function koaSite(
  t: ExecutionContext,
  options: SessionsOptions = {},
  passwordOf = () => '',
): Promise<KoaSite> {
  const sessions = await openSessions({
    engine: 'signed_cookies',
    cookieCodec: 'django',
    secretKey: SECRET,
    logger: { warn() {}, error() {} },
    ...options,
  })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.silent = true
  const errors: Error[] = []
  app.on('error', (error: Error) => errors.push(error))
  app.use(sessions.middleware())
  let act: Act = () => {}
  app.use(async (ctx) => {
    const session = await ctx.session
    await act(session, ctx)
    ctx.body = {
      data: Object.fromEntries(session.entries()),
      user: await djangoUser(session, { passwordOf }),
    }
  })
  const url = await serve(t, app)
  return {
    errors,
    async visit(cookie, acting = () => {}) {
      act = acting
      const answer = await fetch(url, { headers: { cookie } })
      const { status } = answer
      const { data = {}, user } = status === 200 ? await answer.json() : {}
      return { status, data, user, ...heldAfter(answer.headers.getSetCookie(), cookie) }
    },
  }
}

/** What a browser holds that held `cookie`. */
function heldAfter([line]: readonly string[], cookie: string): Pick<Visit, 'line' | 'cookie'> {
  if (line === undefined) return { line, cookie }
  return { line, cookie: /max-age=0/i.test(line) ? '' : (line.split(';')[0] ?? '') }
}

let started: Promise<DjangoProject> | undefined
test.after.always(async () => (await started)?.stop())

/** One Django project for the file, whose sessions are in cookies. */
function besideCookies(
  title: string,
  run: (t: ExecutionContext, django: DjangoSite) => Promise<unknown>,
): void {
  testOf({ title: 'Django’s signed_cookies', missing: djangoMissing }, title, async (t) => {
    started ??= DjangoProject.migrated({
      url: 'sqlite::memory:',
      env: { SESSION_ENGINE: 'django.contrib.sessions.backends.signed_cookies' },
    })
    await run(t, new DjangoSite(await started))
  })
}

class DjangoSite {
  readonly project: DjangoProject

  constructor(project: DjangoProject) {
    this.project = project
  }

  /** One request; `what` says what Django does with the session. */
  async visit(cookie: string, what: Readonly<Record<string, unknown>> = {}): Promise<Visit> {
    interface Said {
      readonly data: Visit['data']
      readonly user: unknown
      readonly cookies: readonly string[]
    }
    const { data, user, cookies } = await this.project.do<Said>('visit', { cookie, ...what })
    return { status: 200, data, user, ...heldAfter(cookies, cookie) }
  }
}

const ages = ({ line = '' }: Visit): number | undefined => {
  const age = /max-age=(\d+)/i.exec(line)?.[1]
  return age === undefined ? undefined : Number(age)
}

besideCookies(
  'what one side puts into the cookie the other reads and adds to, short or compressed',
  async (t, django) => {
    const koa = await koaSite(t)
    const first = await koa.visit('', (session) => session.update({ a: 1, text: 'é😀\u007f";' }))
    t.deepEqual([first.status, koa.errors], [200, []])
    t.regex(first.cookie, /^sessionid=[\w-]+:[\dA-Za-z]{6}:[\w-]{43}$/)
    t.regex(first.line ?? '', /; Max-Age=1209600; .*Path=\/;.*HttpOnly.*SameSite=Lax/i)
    const second = await django.visit(first.cookie, { values: { float: 1.5, long: 'x'.repeat(3000) } })
    t.regex(second.cookie, /^sessionid=\.[\w-]+:/)
    const third = await koa.visit(second.cookie, (session) => session.set<string>('b', [null, true, {}]))
    t.is(third.status, 200)
    t.not(third.cookie, second.cookie)
    const all = { a: 1, text: 'é😀\u007f";', float: 1.5, long: 'x'.repeat(3000), b: [null, true, {}] }
    t.deepEqual((await django.visit(third.cookie)).data, all)
    // What is only read is not sent again.
    t.is((await koa.visit(third.cookie)).line, undefined)
    t.deepEqual((await koa.visit(third.cookie)).data, all)
  },
)

besideCookies('an expiry of seconds, 0 or none from either side is the same on both', async (t, django) => {
  let now = Date.now()
  const koa = await koaSite(t, { clock: () => now })
  for (const [expiry, age, lives] of [
    [60, 60, 60],
    [0, undefined, WEEKS],
    [null, WEEKS, WEEKS],
  ] as const) {
    now = Date.now()
    const ours = await koa.visit('', (session) => session.set<string>('a', 1).setExpiry(expiry))
    const theirs = await django.visit('', { values: { a: 1 }, expiry })
    for (const visit of [ours, theirs]) {
      t.is(ages(visit), age, `${expiry}`)
      const again = await django.visit(visit.cookie, { values: { b: 1 } })
      t.is(ages(again), age, `${expiry}, saved by Django`)
      now = Date.now()
      t.is(
        ages(await koa.visit(again.cookie, (session) => session.set<string>('c', 1))),
        age,
        `${expiry}, saved here`,
      )
      now = Date.now() + (lives - 30) * 1000
      t.deepEqual((await koa.visit(again.cookie)).data, { a: 1, b: 1 })
      now = Date.now() + (lives + 2) * 1000
      const late = await koa.visit(again.cookie)
      t.deepEqual([late.data, late.cookie], [{}, ''])
    }
  }
})

besideCookies(
  'a moment that is set here ends the session here, and Django reads it until then',
  async (t, django) => {
    let now = Date.now()
    const koa = await koaSite(t, { clock: () => now })
    const moment = new Date(now + 3_600_000)
    const ours = await koa.visit('', (session) => session.set<string>('a', 1).setExpiry(moment))
    t.is(ages(ours), 3600)
    t.deepEqual((await django.visit(ours.cookie)).data, { a: 1, _session_expiry: written(moment) })
    now = moment.getTime() - 1
    t.deepEqual((await koa.visit(ours.cookie)).data, { a: 1 })
    now = moment.getTime()
    t.deepEqual((await koa.visit(ours.cookie)).data, {})
  },
)

/** As Python writes a moment in UTC. */
const written = (moment: Date): string =>
  moment.toISOString().replace(/(\.000)?Z$/, (_, zero) => `${zero ? '' : '000'}+00:00`)

besideCookies('a log-in on either side is one on both, and so is a log-out', async (t, django) => {
  const { id, password } = await django.project.do<{ id: number; password: string }>('user', {
    username: crypto.randomUUID(),
    password: 'correct horse',
  })
  const koa = await koaSite(t, {}, () => password)
  const cart = await koa.visit('', (session) => session.set<string>('cart', ['apple']))
  const theirs = await django.visit(cart.cookie, { login: id })
  const seen = await koa.visit(theirs.cookie)
  t.is(seen.user, String(id))
  t.deepEqual(seen.data.cart, ['apple'])
  t.is((await koa.visit(theirs.cookie, (session) => session.flush())).cookie, '')
  t.is((await django.visit(theirs.cookie, { logout: true })).cookie, '')

  const ours = await koa.visit(cart.cookie, (session) => djangoLogin(session, { id, passwordHash: password }))
  t.is(ours.status, 200)
  const known = await django.visit(ours.cookie)
  t.is(known.user, id)
  t.deepEqual(known.data.cart, ['apple'])
  const cycled = await koa.visit(ours.cookie, (session) => session.cycleKey())
  t.is((await django.visit(cycled.cookie)).user, id)
  const other = await koa.visit(ours.cookie, (session) => {
    session.flush()
    session.set<string>('fresh', 1)
  })
  t.like(await django.visit(other.cookie), { data: { fresh: 1 }, user: null })
})

besideCookies(
  'keys change one side after the other, and no cookie is refused meanwhile',
  async (t, django) => {
    const before = await django.visit('', { values: { n: 1 } })
    const next = await koaSite(t, { secretKey: NEXT, secretKeyFallbacks: [SECRET] })
    t.deepEqual((await next.visit(before.cookie)).data, { n: 1 })
    const changed = await next.visit(before.cookie, (session) => session.set<string>('n', 2))
    await django.project.do('secret', { secret: NEXT })
    try {
      t.deepEqual((await django.visit(changed.cookie)).data, { n: 2 })
      t.deepEqual((await django.visit(before.cookie)).data, {})
      t.deepEqual((await (await koaSite(t, { secretKey: NEXT })).visit(before.cookie)).data, {})
    } finally {
      await django.project.do('secret', { secret: SECRET })
    }
  },
)

besideCookies(
  'a cookie that nobody signed for this, or too long ago, is no session on either side',
  async (t, django) => {
    const koa = await koaSite(t)
    const { cookie } = await django.visit('', { values: { _auth_user_id: '1' } })
    const [payload = '', second = '', signature = ''] = cookie.slice('sessionid='.length).split(':')
    const forged = [
      `${payload}:${second}:${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`,
      `${payload}A:${second}:${signature}`,
      `.${payload}:${second}:${signature}`,
      `${payload}:${second}0:${signature}`,
      `${payload}:${second}`,
      `${encodeURIComponent(`${payload}:${second}:${signature}`)}`,
      new DjangoSigner(SESSION_SALT, [SECRET]).sign('{"_auth_user_id":"1"}', Date.now()),
      new DjangoSigner(COOKIE_SALT, [NEXT]).sign('{"_auth_user_id":"1"}', Date.now()),
      new DjangoSigner(COOKIE_SALT, [SECRET]).sign('{"_auth_user_id":"1"}', Date.now() - (WEEKS + 2) * 1000),
    ]
    for (const text of forged) {
      const here = await koa.visit(`sessionid=${text}`)
      t.deepEqual([here.status, here.data, here.cookie], [200, {}, ''], text)
      t.deepEqual((await django.visit(`sessionid=${text}`)).data, {}, text)
      const begun = await koa.visit(`sessionid=${text}`, (session) => session.set<string>('mine', 1))
      t.deepEqual((await django.visit(begun.cookie)).data, { mine: 1 })
    }
  },
)

besideCookies(
  'a session that no cookie can hold is an error before anything is sent, and the cookie stays good',
  async (t, django) => {
    const koa = await koaSite(t)
    const { cookie } = await django.visit('', { values: { n: 1 } })
    const noise = Array.from({ length: 500 }, () => crypto.randomUUID())
    const answer = await koa.visit(cookie, (session) => session.set<string>('noise', noise))
    t.deepEqual([answer.status, answer.line], [500, undefined])
    t.true(koa.errors[0] instanceof CookieTooLarge)
    t.deepEqual((await koa.visit(cookie)).data, { n: 1 })
  },
)
