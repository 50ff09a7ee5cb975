import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { DjangoSigner, decodeSession, encodeSession, momentsIn } from '../../lib/internal.js'
import { type Problems, readForm, storedLine, type Typed } from './kit/form.js'
import { formatMoment } from './kit/format.js'
import { seeOther, show } from './kit/page.js'

declare module '../../lib/index.js' {
  interface SessionData {
    besideDjango: string
  }
}

const HERE = '/beside-django'
const KEY = 'besideDjango'

/** Longer than any text that this page makes. */
const LONGEST_TEXT = 1000

const putForm = z.object({ note: storedLine('A note') })
const readableForm = z.object({
  text: z
    .string()
    .trim()
    .min(1, 'The text is missing.')
    .max(LONGEST_TEXT, 'The text is too long for a session of this page.'),
})

export interface BesideDjangoParts {
  /** The first signs, all verify. */
  readonly secretKeys: readonly [string, ...string[]]
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** The visitor's own note as Django stores a session, and what becomes of it when somebody changes a character. */
export function besideDjango({ secretKeys, clock }: BesideDjangoParts): Router {
  const router = new Router({ prefix: HERE })
  // A salt of its own: what this page signs is no session anywhere.
  const tools = { signer: new DjangoSigner(`tessera site ${HERE}`, secretKeys), moments: momentsIn() }

  router.get('/', (ctx) => page(ctx))

  // #region put
  router.post('/', async (ctx) => {
    const form = readForm(ctx, putForm)
    if (!form.ok) return page(ctx, form, 422)
    const session = await ctx.session
    session.set(KEY, form.value.note)
    seeOther(ctx, HERE)
  })
  // #endregion

  // #region read
  router.post('/read', async (ctx) => {
    const form = readForm(ctx, readableForm)
    if (!form.ok) return page(ctx, form, 422)
    const { text } = form.value
    const read = decodeSession(text, clock(), tools)
    const said = read && {
      data: JSON.stringify(read.record.data),
      at: formatMoment(new Date(read.signedAt)).text,
    }
    return page(ctx, { typed: { text }, read: said ?? 'nothing' })
  })
  // #endregion

  async function page(ctx: Context, shown: Shown = {}, status = 200): Promise<void> {
    const session = await ctx.session
    const note = session.get(KEY)
    const text = note === undefined ? undefined : textOf(note)
    const [payload = '', second = '', signature = ''] = text?.split(':') ?? []
    const locals = {
      problems: {},
      typed: { text: text ?? '' },
      read: undefined,
      ...shown,
      note,
      parts: text === undefined ? undefined : { payload, second, signature },
      json: JSON.stringify({ [KEY]: note }),
    }
    show(ctx, { view: 'beside-django', title: 'Beside Django', locals, sources }, status)
  }

  // #region text
  /** As Django stores a session that holds this note. */
  function textOf(note: string): string {
    const now = clock()
    return encodeSession({ data: { [KEY]: note }, createdAt: now, expires: now }, undefined, now, tools)
  }
  // #endregion

  return router
}

interface Shown {
  readonly typed?: Typed
  readonly problems?: Problems
  /** What the text that was sent says; `nothing` if it was changed. */
  readonly read?: { readonly data: string; readonly at: string } | 'nothing'
}

const sources = ['demos/beside-django.ts#put', 'demos/beside-django.ts#text', 'demos/beside-django.ts#read']
