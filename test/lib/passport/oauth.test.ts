import type { ExecutionContext } from 'ava'
import type { Visitor } from '../../support/client.js'
import { type OpenSite, onEachKind, onStore } from '../../support/site.js'
import { handlersOf, localPassport, withPassport } from './passport-site.js'
import { oauthProvider, oauthStrategy } from './provider.js'

/** A site whose users come from the provider, and the way of a browser there and back: the path of the way back. */
async function siteWithProvider(
  t: ExecutionContext,
  open: OpenSite,
  { pkce = false, ...options }: { readonly pkce?: boolean; readonly nestedChanges?: 'ignore' } = {},
) {
  const passport = localPassport()
  passport.use('provider', oauthStrategy(await oauthProvider(t), { pkce }))
  const authenticate = passport.authenticate('provider', { successRedirect: '/welcome' })
  const none = async () => undefined
  const site = await open(
    {
      ...handlersOf(passport),
      '/begin': (ctx) => authenticate(ctx, none),
      '/back': (ctx) => authenticate(ctx, none),
    },
    { use: withPassport(passport), ...options },
  )
  const goThere = async (browser: Visitor): Promise<string> => {
    const { headers } = await browser.visit('/begin')
    const { headers: back } = await fetch(headers.location ?? '', { redirect: 'manual' })
    const { pathname, search } = new URL(back.get('location') ?? '')
    return pathname + search
  }
  return { site, goThere }
}

onEachKind(
  'an OAuth 2 log-in comes back with its state, once, to the browser that began it',
  async (t, open) => {
    const { site, goThere } = await siteWithProvider(t, open)
    const [browser, attacker] = [site.visitor(), site.visitor()]
    const path = await goThere(browser)
    t.regex(path, /state=\w{24}/)
    t.is((await attacker.visit(path)).status, 403)
    const before = browser.cookies.get('sessionid')
    t.is((await browser.visit(path)).headers.location, '/welcome')
    t.not(browser.cookies.get('sessionid'), before)
    t.deepEqual(JSON.parse((await browser.visit('/who')).body), {
      passport: 'ada',
      tessera: 'u1',
      keys: ['passport'],
    })
    t.is((await browser.visit(path)).status, 403)
  },
)

onEachKind('an OAuth 2 state that is another one is refused, and used up', async (t, open) => {
  const { site, goThere } = await siteWithProvider(t, open)
  const browser = site.visitor()
  const path = await goThere(browser)
  t.is((await browser.visit(path.replace(/state=\w+/, 'state=guessed'))).status, 403)
  t.is((await browser.visit(path)).status, 403)
  t.is(JSON.parse((await browser.visit('/who')).body).passport, null)
})

onStore('OAuth 2 with PKCE keeps its verifier, also where changes in place are ignored', async (t, open) => {
  const { site, goThere } = await siteWithProvider(t, open, { pkce: true, nestedChanges: 'ignore' })
  const browser = site.visitor()
  // The second time the strategy changes in place what it left the first time.
  await goThere(browser)
  const path = await goThere(browser)
  t.is((await browser.visit(path)).headers.location, '/welcome')
  t.is((await browser.visit(path)).status, 403)
})
