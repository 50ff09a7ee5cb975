import { randomBytes } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import KeyvSqlite from '@keyv/sqlite'
import Koa, { type Context, type Middleware } from 'koa'
import bodyParser from 'koa-bodyparser'
import {
  csrf,
  djangoLogin,
  djangoUser,
  openSessions,
  type Session,
  type Sessions,
} from '../../src/lib/index.js'
import { koaPage, style, twoSites } from './pages.js'
import { isPassword } from './password.js'

export interface KoaSiteOptions {
  /** Django's SQLite file. */
  readonly database: string
  /** Django's SECRET_KEY. */
  readonly secretKey: string
  /** Where Django listens. */
  readonly djangoPort: number
}

export interface KoaSite {
  readonly app: Koa
  close(): Promise<void>
}

/** The Koa half: it uses Django's table, and hands what begins with `/django/` on to Django, as a proxy before both would. */
export async function koaSite({ database, secretKey, djangoPort }: KoaSiteOptions): Promise<KoaSite> {
  const sessions = await openSessions({
    engine: 'db',
    databaseUrl: `sqlite:${database}`,
    codec: 'django',
    secretKey,
    logger: { warn() {}, error: (_details, message) => console.error(message) },
  })
  const users = new Users(database)
  const app = new Koa()
  app.use(handOn('/django/', djangoPort))
  app.use(bodyParser())
  app.use(sessions.middleware())
  app.use(csrf({ secretKey, cookieName: 'tessera_csrftoken' }))
  app.use(pages(sessions, users))
  return {
    app,
    async close() {
      await sessions.close()
      await users.close()
    },
  }
}

function pages(sessions: Sessions, users: Users): Middleware {
  const posts: Readonly<Record<string, (ctx: Context, session: Session) => Promise<void>>> = {
    async '/koa/basket'(_ctx, session) {
      session.transform('basket', (basket) => {
        const items = Object(basket) as Record<string, number>
        return { ...items, coffee: (items.coffee ?? 0) + 1 }
      })
    },
    async '/koa/log-in'(ctx, session) {
      const { username, password } = Object(ctx.request.body) as Record<string, unknown>
      const user = await users.named(String(username))
      if (user === undefined || !(await isPassword(String(password), user.password)))
        return ctx.throw(403, 'Nobody has this name and password.')
      djangoLogin(session, { id: user.id, passwordHash: user.password })
      // As Django does at a log-in: whoever knew the secret of its forms must not know it afterwards.
      ctx.cookies.set('csrftoken', null, { signed: false })
    },
    async '/koa/log-out'(_ctx, session) {
      session.flush()
    },
  }
  return async (ctx) => {
    if (ctx.path === '/style.css') {
      ctx.type = 'css'
      ctx.body = style
      return
    }
    if (ctx.path === '/') {
      ctx.type = 'html'
      ctx.body = twoSites
      return
    }
    const session = await ctx.session
    const post = ctx.method === 'POST' && Object.hasOwn(posts, ctx.path) ? posts[ctx.path] : undefined
    if (post !== undefined) {
      await post(ctx, session)
      ctx.redirect('/')
      return
    }
    if (ctx.path !== '/koa/') return
    const userId = await djangoUser(session, { passwordOf: async (id) => (await users.withId(id))?.password })
    const user = userId === undefined ? undefined : await users.withId(userId)
    ctx.type = 'html'
    ctx.body = koaPage({
      user: user?.username,
      session: Object.fromEntries(session),
      stored: session.id === undefined ? undefined : (await sessions.engine.inspect?.(session.id))?.text,
      token: String(ctx.state.csrfToken),
      djangoToken: djangoToken(ctx),
    })
  }
}

/** What a form that goes to Django carries as csrfmiddlewaretoken; docs/django.md explains it. */
function djangoToken(ctx: Context): string {
  const present = ctx.cookies.get('csrftoken', { signed: false })
  if (present !== undefined && /^[a-zA-Z0-9]{32,64}$/.test(present)) return present
  const made = randomBytes(16).toString('hex')
  const year = 31_449_600_000
  ctx.cookies.set('csrftoken', made, { signed: false, httpOnly: false, sameSite: 'lax', maxAge: year })
  return made
}

interface User {
  readonly id: number
  readonly username: string
  /** The column: an algorithm, a salt and a hash. */
  readonly password: string
}

/** Django's table of users, which is only read. */
class Users {
  readonly #database: KeyvSqlite

  constructor(path: string) {
    this.#database = new KeyvSqlite(`sqlite://${path}`)
  }

  withId(id: string): Promise<User | undefined> {
    return this.#find('id = ?', id)
  }

  named(name: string): Promise<User | undefined> {
    return this.#find('username = ?', name)
  }

  async close(): Promise<void> {
    await this.#database.disconnect()
  }

  async #find(condition: string, value: string): Promise<User | undefined> {
    const sql = `SELECT id, username, password FROM auth_user WHERE is_active AND ${condition}`
    const [user] = (await this.#database.query(sql, value)) as unknown as User[]
    return user
  }
}

/** Hands requests below `path` on to a server on this machine. */
function handOn(path: string, port: number): Middleware {
  return async (ctx, next) => {
    if (!ctx.path.startsWith(path)) return next()
    const { method, url, headers } = ctx.req
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, method, path: url, headers }, resolve)
      asked.on('error', reject)
      ctx.req.pipe(asked)
    })
    ctx.status = answer.statusCode ?? 502
    for (const [name, value] of Object.entries(answer.headers)) if (value !== undefined) ctx.set(name, value)
    ctx.body = answer
  }
}
