import { randomUUID } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import Koa from 'koa'
import { Strategy as OAuth2Strategy } from 'passport-oauth2'
import { serve } from '../../support/serve.js'

/** A small OAuth 2 provider, where everybody is ada and has agreed. Answers its URL. */
export async function oauthProvider(t: ExecutionContext): Promise<string> {
  const codes = new Set<string>()
  const app = new Koa()
  app.use((ctx) => {
    const { searchParams } = ctx.URL
    if (ctx.path === '/authorize') {
      const code = randomUUID()
      codes.add(code)
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('code', code)
      back.searchParams.set('state', searchParams.get('state') ?? '')
      ctx.redirect(back.href)
    } else {
      ctx.body = { access_token: 'ada', token_type: 'bearer' }
    }
  })
  return serve(t, app)
}

/** `options`: which of the stores for `state` the strategy uses. */
export function oauthStrategy(provider: string, options: { readonly pkce?: boolean }): OAuth2Strategy {
  return new OAuth2Strategy(
    {
      authorizationURL: `${provider}/authorize`,
      tokenURL: `${provider}/token`,
      clientID: 'site',
      clientSecret: 'of the tests',
      callbackURL: 'http://site.test/back',
      state: true,
      ...options,
    },
    (token: string, _refresh: string, _profile: object, done: (error: null, user: object) => void) =>
      done(null, { id: 'u1', name: token }),
  )
}
