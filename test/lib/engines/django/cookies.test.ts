import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { COOKIE_SALT, DjangoSigner } from '../../../../src/lib/codecs/django/signing.js'
import { openSessions, type Session, type SessionsOptions } from '../../../../src/lib/index.js'
import { serve } from '../../../support/serve.js'

const secretKey = 'tessera-django-tests-7Qw2pVb9Zk4LmXc8RtYn5HdGfJs3A6eU'
const signer = new DjangoSigner(COOKIE_SALT, [secretKey])
const BEGIN = 1_700_000_000_750

/** A site with a clock in hand. `visit` answers the cookie that the browser has afterwards, and whether it was sent one. */
async function site(t: ExecutionContext, options: SessionsOptions) {
  const clock = { now: BEGIN }
  const sessions = await openSessions({
    engine: 'signed_cookies',
    cookieCodec: 'django',
    secretKey,
    logger: { warn() {}, error() {} },
    clock: () => clock.now,
    ...options,
  })
  t.teardown(() => sessions.close())
  let act: (session: Session) => unknown = () => {}
  const app = new Koa()
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    const session = await ctx.session
    act(session)
    ctx.body = String(session.get('n') ?? 'none')
  })
  const url = await serve(t, app)
  const visit = async (cookie: string, acting: typeof act = () => {}) => {
    act = acting
    const answer = await fetch(url, { headers: { cookie: `sessionid=${cookie}` } })
    const [line] = answer.headers.getSetCookie()
    const sent = line === undefined ? undefined : (/^sessionid=([^;]*)/.exec(line)?.[1] ?? 'another cookie')
    return { n: await answer.text(), cookie: sent ?? cookie, isSent: sent !== undefined }
  }
  const begin = async () => (await visit('', (session) => session.set<string>('n', 1))).cookie
  return { clock, visit, begin }
}

test('IDLE_TIMEOUT ends a cookie of Django that was not used for so long; a use makes another one now and then', async (t) => {
  const { clock, visit, begin } = await site(t, { idleTimeout: 100 })
  const first = await begin()
  clock.now += 19_000
  t.deepEqual(await visit(first), { n: '1', cookie: first, isSent: false })
  clock.now += 60_000
  const used = await visit(first)
  t.deepEqual([used.n, used.isSent], ['1', true])
  clock.now += 21_000
  t.deepEqual(await visit(first), { n: 'none', cookie: '', isSent: true })
  t.is((await visit(used.cookie)).n, '1')
  // A save of Django counts as a use.
  const theirs = signer.sign(signer.verify(used.cookie)?.text ?? '', clock.now)
  clock.now += 99_000
  t.is((await visit(theirs)).n, '1')
  clock.now += 1000
  t.is((await visit(theirs)).n, 'none')
})

test('where another end comes before that of IDLE_TIMEOUT, no cookie is sent to whoever only reads', async (t) => {
  const byAge = await site(t, { idleTimeout: 200, cookieAge: 100 })
  const cookie = await byAge.begin()
  byAge.clock.now += 99_000
  t.deepEqual(await byAge.visit(cookie), { n: '1', cookie, isSent: false })
  byAge.clock.now += 1000
  t.is((await byAge.visit(cookie)).n, 'none')

  const absolute = await site(t, { idleTimeout: 100, absoluteTimeout: 150 })
  const first = await absolute.begin()
  absolute.clock.now += 60_000
  const used = await absolute.visit(first)
  t.true(used.isSent)
  absolute.clock.now += 89_999
  t.deepEqual(await absolute.visit(used.cookie), { n: '1', cookie: used.cookie, isSent: false })
})

test('COOKIE_AGE counts from the last save, also where that is one of Django, which knows no timeouts', async (t) => {
  const { clock, visit, begin } = await site(t, { idleTimeout: 200, cookieAge: 100 })
  const first = await begin()
  clock.now += 60_000
  const theirs = signer.sign(signer.verify(first)?.text ?? '', clock.now)
  clock.now += 99_000
  t.deepEqual(await visit(theirs), { n: '1', cookie: theirs, isSent: false })
  clock.now += 1000
  t.is((await visit(theirs)).n, 'none')
})

test('ABSOLUTE_TIMEOUT ends a cookie of Django so long after the session began, whoever saves it', async (t) => {
  const { clock, visit, begin } = await site(t, { absoluteTimeout: 100 })
  const first = await begin()
  clock.now += 60_000
  const theirs = signer.sign(signer.verify(first)?.text ?? '', clock.now)
  const { cookie } = await visit(theirs, (session) => session.set<string>('n', 2))
  clock.now += 39_999
  t.is((await visit(cookie)).n, '2')
  clock.now += 1
  t.is((await visit(cookie)).n, 'none')
  t.is((await visit(theirs)).n, 'none')
})

test('an end in local time without DJANGO_TIME_ZONE is told once, with what to set', async (t) => {
  const told: string[] = []
  const logger = { warn: (_: object, message: string) => told.push(message), error() {} }
  const moment = (offset: string) =>
    signer.sign(`{"n":1,"_session_expiry":"2023-11-15T00:00:00${offset}"}`, BEGIN)
  for (const [zone, offset, times] of [
    [undefined, '+00:00', 0],
    ['UTC', '', 0],
    [undefined, '', 1],
  ] as const) {
    told.length = 0
    const { visit } = await site(t, { logger, djangoTimeZone: zone })
    for (let n = 0; n < 2; n++) t.is((await visit(moment(offset))).n, '1')
    t.is(
      told.filter((one) => /USE_TZ=False: until DJANGO_TIME_ZONE is its TIME_ZONE/.test(one)).length,
      times,
    )
  }
})

test('an end that Python’s dates do not reach is refused, as seconds and as a moment', async (t) => {
  const { visit, begin } = await site(t, {})
  const first = await begin()
  for (const far of [Date.now(), 1e12, new Date('+010000-01-02T00:00:00Z'), new Date(8.64e15)])
    await visit(first, (session) => {
      t.throws(() => session.setExpiry(far), {
        instanceOf: RangeError,
        message: /^setExpiry takes seconds \(\d{12} at the most\)/,
      })
    })
  const last = await visit(first, (session) => session.setExpiry(new Date('9999-12-29T00:00:00Z')))
  t.is((await visit(last.cookie)).n, '1')
})
