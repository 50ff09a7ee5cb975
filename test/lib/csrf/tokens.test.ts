import test from 'ava'
import type { Context } from 'koa'
import { csrf, type Session } from '../../../src/lib/index.js'
import { KEY, onBoth, openCsrfSite, type Person } from './site.js'

const COOKIE = 'csrftoken'
const OTHER_KEY = 'another secret of the tests, and of nobody else'

/** Somebody with a live session and a token for it. */
async function visitor(person: Person): Promise<string> {
  await person.fetch('/write')
  return person.token()
}

onBoth('a page that asks for no token sets no cookie; one that does opens no session', async (t, engine) => {
  const site = await openCsrfSite(t, engine)
  const without = await fetch(site.url)
  t.is(without.headers.get('Set-Cookie'), null)
  t.is(without.headers.get('Vary'), null)

  const page = await fetch(`${site.url}/form`)
  t.is(page.headers.get('Set-Cookie'), `${COOKIE}=${await page.text()}; Path=/; SameSite=Lax`)
  t.is(page.headers.get('Vary'), 'Cookie')

  const person = site.person()
  await person.fetch('/write')
  site.calls.length = 0
  const token = await person.token()
  t.is(await person.post(token), 200)
  t.deepEqual(site.calls, [], 'neither the token nor its check asks the store')
})

onBoth('S64 cookie and form field, or header, must both bear the token', async (t, engine) => {
  const site = await openCsrfSite(t, engine)
  for (const inSession of [false, true]) {
    const person = site.person()
    const token = inSession ? await visitor(person) : await person.token()
    t.is(await person.post(token), 200)
    const json = (headers: Record<string, string>) =>
      person.fetch('/', {
        method: 'PUT',
        body: '{"csrfmiddlewaretoken":7}',
        headers: { 'Content-Type': 'application/json', ...headers },
      })
    t.is((await json({ 'X-CSRFToken': token })).status, 200)
    t.is((await json({})).status, 403)
    for (const other of [
      undefined,
      '',
      `${token}A`,
      token.slice(1),
      `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`,
      'a.b',
      '__proto__',
    ])
      t.is(await person.post(other), 403, `${other}`)

    person.cookies.delete(COOKIE)
    t.is(await person.post(token), 403, 'the field alone')
  }
})

onBoth(
  'S65 naive double submit, the same text of nobody in cookie and field, is not enough',
  async (t, engine) => {
    const site = await openCsrfSite(t, engine)
    const person = site.person()
    const token = await visitor(person)
    const [random = '', mac = ''] = token.split('.')
    for (const same of [
      '',
      'a.b',
      random,
      `${random}.`,
      `${mac.slice(0, 24)}.${mac}`,
      `${random}.${'A'.repeat(43)}`,
    ]) {
      person.cookies.set(COOKIE, same)
      t.is(await person.post(same), 403, same)
    }
    person.cookies.set(COOKIE, token)
    t.is(await person.post(token), 200)
  },
)

onBoth('S64 a token of another session fails, whichever half of it is swapped', async (t, engine) => {
  const site = await openCsrfSite(t, engine)
  const [ada, eve, nobody] = [site.person(), site.person(), site.person()]
  const tokens = { ada: await visitor(ada), eve: await visitor(eve), nobody: await nobody.token() }
  t.is(await ada.post(tokens.eve), 403)
  for (const other of [tokens.eve, tokens.nobody]) {
    ada.cookies.set(COOKIE, other)
    t.is(await ada.post(other), 403, 'planted along with its cookie')
  }
  nobody.cookies.set(COOKIE, tokens.eve)
  t.is(await nobody.post(tokens.eve), 403)
  ada.cookies.set(COOKIE, tokens.ada)
  t.is(await ada.post(tokens.ada), 200)
})

onBoth('S64 a token stays over writes, and touches', async (t, engine) => {
  const site = await openCsrfSite(t, engine, { saveEveryRequest: true })
  const person = site.person()
  const token = await visitor(person)
  for (const path of ['/write', '/', '/write']) {
    const answer = await person.fetch(path)
    t.deepEqual(
      answer.headers.getSetCookie().map((line) => line.split('=')[0]),
      ['sessionid'],
      path,
    )
    t.is(await person.token(), token)
    t.is(await person.post(token, '/write'), 200)
  }
})

for (const path of ['/log-in', '/out']) {
  onBoth(`S64 the token changes when the session's id does: ${path}`, async (t, engine) => {
    const site = await openCsrfSite(t, engine)
    const person = site.person()
    const before = await visitor(person)
    const cookieBefore = person.cookies.get(COOKIE) ?? ''
    t.is(await person.post(before, path), 200)

    t.not(person.cookies.get(COOKIE), cookieBefore, 'a script finds the new one at once')
    t.is(await person.post(before), 403)
    const after = await person.token()
    t.is(person.cookies.get(COOKIE), after)
    t.is(await person.post(after), 200)
    t.not(after.split('.')[0], before.split('.')[0])

    person.cookies.set(COOKIE, cookieBefore)
    t.is(await person.post(before), 403, 'the old pair neither')
  })
}

onBoth(
  'S64 who knew the token of an anonymous visitor does not know it after the log-in',
  async (t, engine) => {
    const site = await openCsrfSite(t, engine)
    const [eve, ada] = [site.person(), site.person()]
    const planted = await eve.token()
    ada.cookies.set(COOKIE, planted)
    t.is(await ada.token(), planted, 'without a session there is nothing to tell them by')
    t.is(await ada.post(planted, '/log-in'), 200)
    t.is(await ada.post(planted), 403)
    ada.cookies.set(COOKIE, planted)
    t.is(await ada.post(planted), 403)
  },
)

onBoth(
  'S11 S64 a session cookie planted beside the real one, with its own token, opens nothing',
  async (t, engine) => {
    const site = await openCsrfSite(t, engine)
    const [ada, eve] = [site.person(), site.person()]
    const token = await visitor(ada)
    const [own, evil] = [ada.cookies.get('sessionid'), 'j'.repeat(32)]
    eve.cookies.set('sessionid', evil)
    const planted = await eve.token()
    t.is(await eve.post(planted), 200)
    for (const sessions of [`sessionid=${own}; sessionid=${evil}`, `sessionid=${evil}; sessionid=${own}`]) {
      const post = (pair: string) =>
        fetch(site.url, {
          method: 'POST',
          headers: { Cookie: `${sessions}; ${COOKIE}=${pair}`, 'X-CSRFToken': pair },
        })
      t.is((await post(planted)).status, 403)
      t.is((await post(token)).status, 403, 'a new page is asked for rather than a guess made')
    }
  },
)

for (const [title, change] of [
  ['gives the session its first id', (session) => session.set<string>('n', 1)],
  ['rotates it', (session) => session.cycleKey()],
  ['ends it', (session) => session.flush()],
] as const satisfies readonly [string, (session: Session) => void][]) {
  onBoth(`a form that is rendered by the handler that ${title} can be sent`, async (t, engine) => {
    const site = await openCsrfSite(t, engine, {
      handlers: {
        '/both': async (ctx) => {
          const session = await ctx.session
          change(session)
          ctx.body = ctx.state.csrfToken
        },
      },
    })
    const person = site.person()
    const earlier = title.includes('first') ? await person.token() : await visitor(person)
    const id = person.cookies.get('sessionid')
    const token = await person.token('/both')
    t.not(person.cookies.get('sessionid'), id)
    t.is(await person.post(earlier), 403)
    t.is(await person.post(token), 200)
    t.is((await person.token()).split('.')[0], token.split('.')[0], 'and the next page has the same')
  })
}

onBoth(
  'a form rendered before its own handler rotates the session is refused: it bears the old token',
  async (t, engine) => {
    const site = await openCsrfSite(t, engine, {
      handlers: {
        '/both': async (ctx) => {
          ctx.body = ctx.state.csrfToken
          ;(await ctx.session).cycleKey()
        },
      },
    })
    const person = site.person()
    const before = await visitor(person)
    t.is(await person.token('/both'), before)
    t.is(await person.post(before), 403)
    t.is(await person.post(await person.token()), 200)
  },
)

onBoth('a session that is over: the form of the page that told so can be sent', async (t, engine) => {
  const site = await openCsrfSite(t, engine, {
    handlers: {
      '/opens': async (ctx) => {
        await ctx.session
        ctx.body = ctx.state.csrfToken
      },
    },
  })
  for (const path of ['/opens', '/form']) {
    const person = site.person()
    await visitor(person)
    site.now += 60_000
    const token = await person.token(path)
    t.is(person.cookies.has('sessionid'), path === '/form', 'the page that looked has removed the cookie')
    t.is(await person.post(token), 200)
  }
})

test('S27 an answer that was overtaken costs the browser no newer token', async (t) => {
  const site = await openCsrfSite(t, 'cache', {
    handlers: {
      '/late': async (ctx) => {
        await ctx.session
        ctx.body = ctx.state.csrfToken
      },
    },
  })
  const person = site.person()
  await visitor(person)
  const late = person.copy()
  late.cookies.delete(COOKIE)
  await person.fetch('/log-in')
  t.is((await late.fetch('/late')).headers.get('Set-Cookie'), null)
})

test('S54 a token under an earlier key is good, and given again under the first', async (t) => {
  const old = await openCsrfSite(t, 'cache', { csrf: { secretKey: OTHER_KEY } })
  const both = await openCsrfSite(t, 'cache', { csrf: { secretKeyFallbacks: [OTHER_KEY] } })
  const only = await openCsrfSite(t)
  const token = await old.person().token()
  const [there, gone] = [both.person(), only.person()]
  for (const person of [there, gone]) person.cookies.set(COOKIE, token)
  t.is(await there.post(token), 200)
  t.is(await gone.post(token), 403)
  const renewed = await there.token()
  t.not(renewed, token)
  t.is(await there.post(token), 200, 'forms that are open stay good')
  gone.cookies.set(COOKIE, renewed)
  t.is(await gone.post(renewed), 200)
})

test('S05 the cookie with the token holds neither the id nor what the store knows it by', async (t) => {
  const site = await openCsrfSite(t)
  const person = site.person()
  const token = await visitor(person)
  const id = person.cookies.get('sessionid') ?? ''
  const { key = '' } = (await site.sessions.engine.inspect?.(id)) ?? {}
  t.false(token.includes(id) || (key !== '' && token.includes(key)))
})

onBoth('S64 where csrf() is used twice, the tokens of both cookies follow the id', async (t, engine) => {
  const inner = csrf({ secretKey: OTHER_KEY, cookieName: 'other' })
  const same = csrf({ secretKey: KEY })
  const page = (change: (session: Session) => unknown) => async (ctx: Context) => {
    const tokens: unknown[] = []
    const view = async (): Promise<void> => {
      tokens.push(ctx.state.csrfToken)
      await change(await (Reflect.get(ctx, 'session') as Promise<Session>))
    }
    // A second one for the first one's cookie: the token of the page is the inner one's.
    await same(ctx, async () => {
      tokens.push(ctx.state.csrfToken)
      await inner(ctx, view)
    })
    ctx.body = tokens.join(' ')
  }
  const site = await openCsrfSite(t, engine, {
    handlers: {
      '/first': page((session) => session.set<string>('n', 1)),
      '/next': page((session) => session.cycleKey()),
      '/saved': page(async (session) => {
        session.cycleKey()
        await session.save()
        session.set<string>('n', 2)
      }),
      '/look': page(() => {}),
    },
  })
  const person = site.person()
  const held = (): string => [COOKIE, 'other'].map((name) => person.cookies.get(name)).join(' ')
  for (const path of ['/first', '/next', '/saved']) {
    const before = held()
    await person.fetch(path)
    t.not(held(), before)
    const kept = held()
    t.is(await person.token('/look'), kept, `${path}: both are good with the session's cookie`)
    t.is(held(), kept)
  }
})
