import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { readForm, type Typed } from '../kit/form.js'
import { seeOther, show } from '../kit/page.js'
import { rawPlainCookie, setRawCookie } from '../kit/plain-cookie.js'
import { type Labs, using } from './sessions.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    /** What the visitor of the lab may do. Only the server makes somebody an admin, and it never does. */
    role: string
  }
}

const kinds = ['signed', 'sealed'] as const
type Kind = (typeof kinds)[number]

const HERE = '/labs/forged-cookie'
/** A session's cookie of this lab is shorter. Characters. */
const LONGEST = 1000

const kind = z.enum(kinds)
const chosen = z.object({ kind })
const forgery = z.object({
  kind,
  value: z
    .string()
    .trim()
    .min(1, 'A value is missing.')
    .max(LONGEST, `A value has at most ${LONGEST} characters.`)
    .regex(/^[\w.~+/=%-]*$/, 'A value has letters, digits and . _ ~ + / = % - only.'),
})

/** The visitor edits a session's cookie that is signed, and one that is sealed. */
export function forgedCookie({ signed, sealed }: Pick<Labs, 'signed' | 'sealed'>): Router {
  const router = new Router({ prefix: HERE })
  const cookieOf = { signed: signed.cookieName, sealed: sealed.cookieName } as const
  router.use(...using(signed, sealed))

  router.get('/', (ctx) => page(ctx))

  // #region begin
  router.post('/begin', async (ctx) => {
    for (const kind of kinds) {
      const session = await ctx[kind]
      session.set('role', 'guest')
    }
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region send
  router.post('/send', (ctx) => {
    const form = readForm(ctx, forgery)
    if (!form.ok) return page(ctx, form, 422)
    // The developer tools do the same: any value.
    const { kind, value } = form.value
    setRawCookie(ctx, cookieOf[kind], value)
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region forge
  router.post('/forge', (ctx) => {
    const form = readForm(ctx, chosen)
    if (!form.ok) return ctx.throw(400)
    const { kind } = form.value
    const value = rawPlainCookie(ctx, cookieOf[kind])
    if (value) setRawCookie(ctx, cookieOf[kind], withoutKey[kind](value).slice(0, LONGEST))
    seeOther(ctx, HERE)
  })
  // #endregion

  async function page(
    ctx: Context,
    form: { typed?: Typed; problems?: Typed } = {},
    status = 200,
  ): Promise<void> {
    const { typed, problems = {} } = form
    const cookies = await Promise.all(
      kinds.map(async (kind) => {
        const name = cookieOf[kind]
        const value = rawPlainCookie(ctx, name)
        // #region role
        const session = await ctx[kind]
        const role = session.get('role')
        // #endregion
        const isTyped = typed?.kind === kind
        return {
          kind,
          name,
          value,
          typed: isTyped ? typed.value : value,
          problem: isTyped ? problems.value : undefined,
          ...(value && kind === 'signed' && readable(value)),
          role,
        }
      }),
    )
    show(ctx, { view: 'labs/forged-cookie', title: 'A forged cookie', locals: { cookies }, sources }, status)
  }

  return router
}

/**
 * What anybody reads in a signed cookie, `s1.<nonce>.<text>.<signature>`, and the same text in the alphabet of a browser's
 * `atob`.
 */
function readable(value: string): { readonly readable: string; readonly encoded: string } | undefined {
  const [prefix, , text] = value.split('.')
  // What is no such text is not handed out as a line for the console.
  if (prefix !== 's1' || text === undefined || !/^[\w-]+$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return { readable: bytes.toString(), encoded: bytes.toString('base64') }
}

// #region without-key
/** What an attacker without the key can do. */
const withoutKey: Readonly<Record<Kind, (value: string) => string>> = {
  signed(value) {
    const [prefix, nonce, , signature] = value.split('.')
    const text = readable(value)?.readable.replace('guest', 'admin') ?? ''
    const forged = Buffer.from(text).toString('base64url')
    return [prefix, nonce, forged, signature].join('.')
  },
  // Nothing can be read, so there is nothing to aim at.
  sealed: (value) => value.replace(/.(?=.{20}$)/, (one) => (one === 'A' ? 'B' : 'A')),
}
// #endregion

const sources = ['role', 'without-key', 'send', 'begin'].map(
  (region) => `demos/labs/forged-cookie.ts#${region}`,
)
