import type Router from '@koa/router'
import { type Profile, type ProfileMemory, profile } from './profile.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    profile: Profile
  }
}

/** The profile on the server: one key of the session, with the answers below it. */
export function sessionProfile(): Router {
  return profile(memory)
}

// #region memory
const memory: ProfileMemory = {
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
