import test, { type ExecutionContext } from 'ava'
import { DjangoAuth } from '../../../src/lib/codecs/django/auth.js'
import { djangoLogin, djangoUser, openSessions, type Session } from '../../../src/lib/index.js'

const SECRET = 'tessera-django-vectors-0123456789-abcdefghijklmnopqrstuvw'
const OLD_SECRET = 'tessera-django-old-key-0123456789-abcdefghijklmnopqrstuvw'
const PASSWORD = 'pbkdf2_sha256$1000$saltsalt$cZ4bIuIyMsL2F1yAXnE6Xd8Z4d1mWcXsD1ZxZ8d8d8g='
/** What Django makes of that password and SECRET. */
const HASH = '3d1d5a0b48db4fee633da7e889b9ec812a198e00c892af9bad6ad09ebd742198'
const BACKEND = 'django.contrib.auth.backends.ModelBackend'

async function opened(t: ExecutionContext, secretKey = SECRET, secretKeyFallbacks: string[] = []) {
  const sessions = await openSessions({
    engine: 'signed_cookies',
    cookieCodec: 'django',
    secretKey,
    secretKeyFallbacks,
    logger: { warn() {}, error() {} },
  })
  t.teardown(() => sessions.close())
  return sessions
}

function logInOfDjango(session: Session, hash = HASH): Session {
  return session.update({ _auth_user_id: '1', _auth_user_backend: BACKEND, _auth_user_hash: hash })
}

const passwordOf = (id: string) => (id === '1' ? PASSWORD : undefined)

test('djangoUser answers whom Django has logged in, while the password is the one of the log-in', async (t) => {
  const session = logInOfDjango(await (await opened(t)).open())
  t.is(await djangoUser(session, { passwordOf }), '1')
  t.is(await djangoUser(session, { passwordOf: async () => `${PASSWORD}x` }), undefined)
  t.is(await djangoUser(session, { passwordOf: async () => null }), undefined)
})

test('djangoUser answers nobody where a part of the log-in is missing, or another hash stands there', async (t) => {
  const sessions = await opened(t)
  for (const key of ['_auth_user_id', '_auth_user_backend', '_auth_user_hash']) {
    const session = logInOfDjango(await sessions.open())
    session.delete(key)
    t.is(await djangoUser(session, { passwordOf: () => PASSWORD }), undefined, key)
  }
  for (const hash of ['', 'a', HASH.toUpperCase(), `${HASH}0`, HASH.slice(1), `4${HASH.slice(1)}`])
    t.is(await djangoUser(logInOfDjango(await sessions.open(), hash), { passwordOf }), undefined, hash)
  t.is(await djangoUser(await sessions.open(), { passwordOf }), undefined)
})

test('a log-in under an old key holds with the key among the fallbacks, and not without', async (t) => {
  const old = new DjangoAuth([OLD_SECRET]).hashOf(PASSWORD)
  const without = logInOfDjango(await (await opened(t)).open(), old)
  t.is(await djangoUser(without, { passwordOf }), undefined)
  const session = logInOfDjango(await (await opened(t, SECRET, [OLD_SECRET])).open(), old)
  t.is(await djangoUser(session, { passwordOf }), '1')
})

test('djangoLogin writes what Django writes, keeps what an anonymous visitor had, and drops the secret of forms', async (t) => {
  const session = await (await opened(t)).open()
  session.update({ cart: 3, _csrftoken: 'known before' })
  djangoLogin(session, { id: 1, backend: BACKEND, passwordHash: PASSWORD })
  t.deepEqual(Object.fromEntries(session.entries()), {
    cart: 3,
    _auth_user_id: '1',
    _auth_user_backend: BACKEND,
    _auth_user_hash: HASH,
  })
  t.is(await djangoUser(session, { passwordOf }), '1')
  t.is(session.user, undefined, 'Tessera’s own log-ins have another place')
})

test('djangoLogin drops the data of another user, and of a log-in from before the password was changed', async (t) => {
  const sessions = await opened(t)
  const same = logInOfDjango(await sessions.open()).set<string>('draft', 'mine')
  djangoLogin(same, { id: '1', passwordHash: PASSWORD })
  t.is(same.get('draft'), 'mine')

  for (const [id, passwordHash] of [
    ['2', PASSWORD],
    ['1', 'md5$salt$other'],
  ] as const) {
    const session = logInOfDjango(await sessions.open()).set<string>('draft', 'of another')
    djangoLogin(session, { id, passwordHash })
    t.false(session.has('draft'), id)
    t.is(session.get('_auth_user_id'), id)
    t.is(await djangoUser(session, { passwordOf: () => passwordHash }), id)
  }
})

test('both say what is wrong, and change nothing', async (t) => {
  const session = await (await opened(t)).open()
  const wrong = (options: object) => () => djangoLogin(session, options as Parameters<typeof djangoLogin>[1])
  t.throws(wrong({ id: 1 }), { instanceOf: TypeError, message: /column `password`/ })
  t.throws(wrong({ passwordHash: PASSWORD }), { instanceOf: TypeError, message: /primary key/ })
  t.throws(wrong({ id: 1, passwordHash: PASSWORD, backend: '' }), { message: /dotted path/ })
  await t.throwsAsync(djangoUser({} as Session, { passwordOf }), { message: /await ctx\.session/ })
  t.true(session.isEmpty())

  const sessions = await openSessions({ engine: 'cache' })
  t.teardown(() => sessions.close())
  const own = await sessions.open()
  t.throws(() => djangoLogin(own, { id: 1, passwordHash: PASSWORD }), { message: /SECRET_KEY/ })
})
