import type { Context } from 'koa'
import { plainCookie, removePlainCookie, setPlainCookie } from '../kit/plain-cookie.js'
import { answers, type Profile, type ProfileMemory } from './profile.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    profile: Profile
  }
}

const FIELDS = answers.keyof().options

// #region cookie
/** In the browser: a cookie for each answer, until the browser closes. */
export const cookieMemory: ProfileMemory = {
  kind: 'cookie',
  // The form was checked, but the browser may have changed its cookies since: they are checked again.
  recall: async (ctx) => ({
    name: answers.shape.name.safeParse(cookie(ctx, 'name')).data,
    age: answers.shape.age.safeParse(cookie(ctx, 'age')).data,
    friend: answers.shape.friend.safeParse(cookie(ctx, 'friend')).data,
  }),
  keep: async (ctx, answer) => {
    for (const field of FIELDS)
      if (answer[field] !== undefined) setPlainCookie(ctx, `profile_${field}`, String(answer[field]))
  },
  forget: async (ctx) => {
    for (const field of FIELDS) removePlainCookie(ctx, `profile_${field}`)
  },
}
// #endregion

// #region session
/** On the server: the session has the answers under one key. */
export const sessionMemory: ProfileMemory = {
  kind: 'session',
  recall: async (ctx) => (await ctx.session).get('profile', {}),
  keep: async (ctx, answer) => {
    const session = await ctx.session
    session.transform('profile', (before = {}) => ({ ...before, ...answer }))
  },
  forget: async (ctx) => {
    const session = await ctx.session
    session.delete('profile')
  },
}
// #endregion

function cookie(ctx: Context, field: (typeof FIELDS)[number]): string | undefined {
  return plainCookie(ctx, `profile_${field}`)
}
