import type { DjangoAuth } from '../codecs/django/auth.js'
import type { SessionContext } from './context.js'
import { ReadonlySession, readPartsOf } from './readonly-session.js'
import { contextOf, Session } from './session.js'

const USER = '_auth_user_id'
const BACKEND = '_auth_user_backend'
const HASH = '_auth_user_hash'
/** The secret of Django's forms, with `CSRF_USE_SESSIONS`. */
const CSRF = '_csrftoken'

/** What `djangoUser` asks of the application. */
export interface DjangoUserOptions {
  /**
   * The column `password` of Django's user with this primary key, as it is; nothing if there is no such user, or the
   * user is not active.
   */
  readonly passwordOf: (userId: string) => string | null | undefined | PromiseLike<string | null | undefined>
}

/** A user of Django who has just proved who they are. */
export interface DjangoLogIn {
  /** The user's primary key. */
  readonly id: string | number | bigint
  /** What authenticated the user, one of Django's `AUTHENTICATION_BACKENDS`. Default: Django's own, `ModelBackend`. */
  readonly backend?: string
  /** The column `password` of the user, as it is: `pbkdf2_sha256$…`. */
  readonly passwordHash: string
}

/**
 * Who is logged in, if Django would still accept the log-in: the user's primary key as text. Nobody once the user's
 * password was changed, also where Django has not seen the session since then.
 *
 *     const userId = await djangoUser(session, { passwordOf: (id) => users.passwordOf(id) })
 *
 * @throws TypeError if these sessions have no secret key, or an argument is not valid; and what `passwordOf` throws.
 */
export async function djangoUser(
  session: Session | ReadonlySession,
  { passwordOf }: DjangoUserOptions,
): Promise<string | undefined> {
  const auth = authOf(session)
  const [id, hash] = [session.get(USER), session.get(HASH)] as readonly unknown[]
  // Django looks for the user by way of the backend, and finds nobody without one.
  if (typeof id !== 'string' || typeof hash !== 'string' || !session.has(BACKEND)) return undefined
  const password = await passwordOf(id)
  return typeof password === 'string' && auth.accepts(hash, password) ? id : undefined
}

/**
 * Logs the user in whom you have just authenticated, as Django's `login()` does: under a new id, and Django accepts it. What
 * an anonymous visitor put into the session stays; what another user, or the same one with another password, did goes.
 *
 * To log out, `session.flush()`.
 *
 * @throws TypeError if these sessions have no secret key, or an argument is not valid.
 */
export function djangoLogin(
  session: Session,
  { id, backend = MODEL_BACKEND, passwordHash }: DjangoLogIn,
): void {
  const auth = authOf(session)
  const userId = userIdOf(id)
  if (typeof passwordHash !== 'string' || passwordHash === '')
    throw new TypeError('djangoLogin() takes the column `password` of the user as passwordHash, a text')
  if (typeof backend !== 'string' || !/^[\w.]+$/.test(backend))
    throw new TypeError(`djangoLogin() takes the dotted path of a backend, such as ${MODEL_BACKEND}`)
  const [before, hash] = [session.get(USER), session.get(HASH)] as readonly unknown[]
  const isOfAnother =
    before !== undefined &&
    (before !== userId || typeof hash !== 'string' || !auth.accepts(hash, passwordHash))
  if (isOfAnother) session.flush()
  else session.cycleKey()
  const values: Readonly<Record<string, string>> = {
    [USER]: userId,
    [BACKEND]: backend,
    [HASH]: auth.hashOf(passwordHash),
  }
  for (const [key, value] of Object.entries(values)) session.set(key, value)
  // Whoever knew it before the log-in must not know it afterwards. Django makes another when a form asks for one.
  session.delete(CSRF)
}

const MODEL_BACKEND = 'django.contrib.auth.backends.ModelBackend'

function userIdOf(id: unknown): string {
  const text = typeof id === 'number' || typeof id === 'bigint' ? String(id) : id
  if (typeof text === 'string' && text !== '') return text
  throw new TypeError('djangoLogin() takes the primary key of the user as id')
}

function authOf(session: unknown): DjangoAuth {
  const context = contextIn(session)
  if (context === undefined)
    throw new TypeError('djangoUser() and djangoLogin() take a session: await ctx.session')
  const { djangoAuth } = context
  if (djangoAuth !== undefined) return djangoAuth
  throw new TypeError(
    "djangoUser() and djangoLogin() need Django's SECRET_KEY: openSessions({ secretKey, … })",
  )
}

function contextIn(session: unknown): SessionContext | undefined {
  if (session instanceof Session) return contextOf(session)
  return session instanceof ReadonlySession ? readPartsOf(session).context : undefined
}
