import type Router from '@koa/router'
import type { Context } from 'koa'
import { plainCookie, removePlainCookie, setPlainCookie } from '../kit/plain-cookie.js'
import { answers, type ProfileMemory, profile } from './profile.js'

const FIELDS = answers.keyof().options

/** The profile in the browser: a cookie for each answer, until the browser closes. */
export function cookieProfile(): Router {
  return profile(memory)
}

// #region memory
const memory: ProfileMemory = {
  kind: 'cookie',
  // Whatever the form made sure of, the browser may have changed since: it is checked again.
  recall: async (ctx) => ({
    name: answers.shape.name.safeParse(cookie(ctx, 'name')).data,
    age: answers.shape.age.safeParse(cookie(ctx, 'age')).data,
    friend: answers.shape.friend.safeParse(cookie(ctx, 'friend')).data,
  }),
  keep: async (ctx, answer) => {
    for (const [field, value] of Object.entries(answer))
      setPlainCookie(ctx, `profile_${field}`, String(value))
  },
  forget: async (ctx) => {
    for (const field of FIELDS) removePlainCookie(ctx, `profile_${field}`)
  },
}
// #endregion

function cookie(ctx: Context, field: string): string | undefined {
  return plainCookie(ctx, `profile_${field}`)
}
