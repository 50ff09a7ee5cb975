import { type Handler, idAfter, onCookies, onStore } from '../../support/site.js'

const SECOND = 1000
const options = { renewAfter: 600, renewGrace: 20 }

const handlers: Readonly<Record<string, Handler>> = {
  '/begin': async (ctx) => (await ctx.session).set<string>('n', 0),
  '/read': async (ctx) => {
    ctx.body = String((await ctx.session).get('n', 'none'))
  },
  '/count': async (ctx) => {
    ctx.body = String((await ctx.session).transform<string>('n', (n) => Number(n ?? 0) + 1))
  },
  '/rotate': async (ctx) => (await ctx.session).cycleKey(),
  '/out': async (ctx) => (await ctx.session).flush(),
  '/fail': async (ctx) => {
    await ctx.session
    ctx.status = 500
  },
}

onStore('S24 an id in use is renewed when it is old enough, by a read or a write', async (t, open) => {
  for (const path of ['/read', '/count']) {
    const site = await open(handlers, options)
    const first = idAfter(await site.send('/begin'))
    const cookie = `sessionid=${first}`
    site.bench.now += 600 * SECOND - 1
    t.deepEqual((await site.send('/read', { cookie })).cookies, [])
    site.bench.now += 1
    const renewed = await site.send(path, { cookie })
    const second = idAfter(renewed)
    t.not(second, '')
    t.not(second, first)
    t.is((await site.send('/read', { cookie: `sessionid=${second}` })).body, renewed.body)
    t.deepEqual(
      (await site.send('/read', { cookie: `sessionid=${second}` })).cookies,
      [],
      'it is young again',
    )
  }
})

onStore(
  'S24 once the new id was seen the old one works for the grace, and gets no cookie',
  async (t, open) => {
    const site = await open(handlers, options)
    const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
    site.bench.now += 600 * SECOND
    const fresh = { cookie: `sessionid=${idAfter(await site.send('/count', old))}` }
    t.is((await site.send('/read', fresh)).body, '1')
    site.bench.now += 20 * SECOND - 1
    const late = await site.send('/count', old)
    t.is(late.body, '2')
    t.deepEqual(late.cookies, [])
    t.is((await site.send('/count', fresh)).body, '3')
    t.is((await site.send('/read', old)).body, '3')
    site.bench.now += 1
    t.is((await site.send('/read', old)).body, 'none')
    const dead = await site.send('/count', old)
    t.is(dead.status, 400)
    t.deepEqual(dead.cookies, [])
    t.is((await site.send('/read', fresh)).body, '3')
  },
)

onStore('S24 an answer that renews and gets lost logs nobody out', async (t, open) => {
  for (const path of ['/read', '/count']) {
    const site = await open(handlers, { renewAfter: 2, renewGrace: 2 })
    const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
    for (let lost = 0; lost < 20; lost++) {
      site.bench.now += 3600 * SECOND
      const answer = await site.send(path, old)
      t.is(answer.status, 200)
      t.is(answer.body, path === '/read' ? '0' : String(lost + 1))
      if (lost < 8) t.is(answer.cookies.length, 1, 'a cookie that lasts')
    }
    // What one of the lost answers had given leads there too, and the last one begins the grace.
    site.bench.now += 3600 * SECOND
    t.not((await site.send('/read', old)).body, 'none')
  }
})

onStore('S24 the grace begins when the new id comes back, however late', async (t, open) => {
  const site = await open(handlers, options)
  const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
  site.bench.now += 600 * SECOND
  await site.send('/read', old)
  site.bench.now += 300 * SECOND
  const fresh = { cookie: `sessionid=${idAfter(await site.send('/read', old))}` }
  t.deepEqual((await site.send('/read', fresh)).cookies, [])
  site.calls.length = 0
  t.is((await site.send('/read', fresh)).body, '0')
  t.deepEqual(site.calls, ['load'], 'that the id was seen is noted once')
  site.bench.now += 20 * SECOND - 1
  t.is((await site.send('/read', old)).body, '0')
  site.bench.now += 1
  t.is((await site.send('/read', old)).body, 'none')
  site.bench.now += 60 * SECOND
  t.is((await site.send('/read', old)).cookies[0]?.value, '', 'and the browser may forget it')
  t.is((await site.send('/read', fresh)).body, '0')
})

onStore(
  'S24 S08 a log-in, a rotation or a log-out after a lost renewal leaves the old id dead',
  async (t, open) => {
    for (const path of ['/in', '/rotate', '/out']) {
      const site = await open(
        { ...handlers, '/in': async (ctx) => (await ctx.session).login('ada') },
        { renewAfter: 2, renewGrace: 2 },
      )
      const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
      site.bench.now += 3 * SECOND
      const fresh = { cookie: `sessionid=${idAfter(await site.send('/read', old))}` }
      t.is((await site.send(path, fresh)).status, 200)
      for (const id of [old, fresh]) t.is((await site.send('/read', id)).body, 'none', path)
    }
  },
)

onStore(
  'S24 of requests under way each one’s change counts, and each new id leads to the session',
  async (t, open) => {
    const site = await open(handlers, options)
    const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
    site.bench.now += 600 * SECOND
    const paths = ['/count', '/read', '/count', '/read', '/count', '/count']
    const answers = await Promise.all(paths.map((path) => site.send(path, old)))
    t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    const given = answers.flatMap(({ cookies }) => cookies)
    t.true(given.length >= 1)
    for (const { value } of given)
      t.is((await site.send('/read', { cookie: `sessionid=${value}` })).body, '4')
  },
)

onStore('S24 S26 a log-out with the old id ends the session', async (t, open) => {
  const site = await open(handlers, options)
  const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
  site.bench.now += 600 * SECOND
  const fresh = { cookie: `sessionid=${idAfter(await site.send('/read', old))}` }
  t.is((await site.send('/out', old)).cookies[0]?.value, '')
  t.is((await site.send('/read', fresh)).body, 'none')
  t.is((await site.send('/read', old)).body, 'none')
})

onStore(
  'S08 S24 a rotation that was asked for leaves no grace, to the old id before it neither',
  async (t, open) => {
    const site = await open(handlers, options)
    const first = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
    site.bench.now += 600 * SECOND
    const second = { cookie: `sessionid=${idAfter(await site.send('/read', first))}` }
    const third = { cookie: `sessionid=${idAfter(await site.send('/rotate', first))}` }
    t.is((await site.send('/read', third)).body, '0')
    for (const dead of [first, second]) {
      t.is((await site.send('/read', dead)).body, 'none')
      t.is((await site.send('/count', dead)).status, 400)
    }
  },
)

onStore('S16 S24 a renewal is no save: the session ends when it would have', async (t, open) => {
  const site = await open(handlers, { ...options, cookieAge: 900, idleTimeout: 700, absoluteTimeout: 2000 })
  const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
  site.bench.now += 600 * SECOND
  const answer = await site.send('/read', old)
  t.is(answer.cookies[0]?.attributes['max-age'], '300')
  const fresh = { cookie: `sessionid=${idAfter(answer)}` }
  site.bench.now += 300 * SECOND - 1
  t.is((await site.send('/read', fresh)).body, '0')
  site.bench.now += 1
  t.is((await site.send('/read', fresh)).body, 'none')
})

onStore('S09 a store that fails at the renewal costs nobody anything', async (t, open) => {
  const site = await open(handlers, options)
  const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
  site.bench.now += 600 * SECOND
  site.down.add('rotate')
  const answer = await site.send('/read', old)
  t.is(answer.status, 200)
  t.deepEqual(answer.cookies, [])
  t.true(site.logged.includes('the id of a session could not be renewed'))
  site.down.clear()
  t.is((await site.send('/read', old)).cookies.length, 1)
})

onStore('a failed answer renews nothing', async (t, open) => {
  const site = await open(handlers, options)
  const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
  site.bench.now += 600 * SECOND
  t.deepEqual((await site.send('/fail', old)).cookies, [])
})

onCookies('S24 where the cookie is the session there is no id to renew', async (t, open) => {
  const site = await open(handlers, options)
  const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
  site.bench.now += 600 * SECOND
  t.deepEqual((await site.send('/read', old)).cookies, [])
})

onStore('S24 the grace never reaches the next renewal', async (t, open) => {
  const site = await open(handlers, { renewAfter: 10, renewGrace: 20 })
  const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
  site.bench.now += 10 * SECOND
  const fresh = { cookie: `sessionid=${idAfter(await site.send('/read', old))}` }
  t.is((await site.send('/read', fresh)).body, '0')
  site.bench.now += 10 * SECOND - 1
  t.is((await site.send('/read', old)).body, '0')
  site.bench.now += 1
  t.is((await site.send('/read', old)).body, 'none')
})

onStore('S24 S29 S31 a session whose id was renewed is listed, and can be ended', async (t, open) => {
  const site = await open({ ...handlers, '/in': async (ctx) => (await ctx.session).login('ada') }, options)
  const old = { cookie: `sessionid=${idAfter(await site.send('/in'))}` }
  site.bench.now += 600 * SECOND
  const fresh = { cookie: `sessionid=${idAfter(await site.send('/read', old))}` }
  t.not(fresh.cookie, old.cookie)
  t.is((await site.sessions.forUser('ada')).length, 1)
  t.is(await site.sessions.revokeAll('ada'), 1)
  t.is((await site.send('/count', fresh)).body, '1')
  for (const { cookie } of [old, fresh]) t.is((await site.stored(cookie.slice(10))).kind === 'found', false)
})

onStore(
  'S24 S27 who wrote or revoked while a reader ran goes first: its renewal sends no cookie',
  async (t, open) => {
    const site = await open(
      {
        ...handlers,
        '/in': async (ctx) => (await ctx.session).login('ada'),
        '/overtaken': async (ctx) => {
          const { id } = await ctx.session
          const other = await site.sessions.open(id)
          await other.set<string>('n', 7).save()
        },
        '/revoked': async (ctx) => {
          await ctx.session
          await site.sessions.revokeAll('ada')
        },
      },
      options,
    )
    for (const path of ['/overtaken', '/revoked']) {
      const cookie = `sessionid=${idAfter(await site.send('/in'))}`
      site.bench.now += 600 * SECOND
      site.calls.length = 0
      const { status, cookies } = await site.send(path, { cookie })
      t.true(site.calls.includes(path === '/revoked' ? 'index.read' : 'rotate'))
      t.is(status, 200)
      t.deepEqual(cookies, [], path)
    }
    t.deepEqual(await site.sessions.forUser('ada'), [])
  },
)

onStore('S24 a touch with the old id counts, and sends no cookie', async (t, open) => {
  const site = await open(handlers, { ...options, cookieAge: 900, saveEveryRequest: true })
  const old = { cookie: `sessionid=${idAfter(await site.send('/begin'))}` }
  site.bench.now += 600 * SECOND
  const fresh = { cookie: `sessionid=${idAfter(await site.send('/read', old))}` }
  await site.send('/read', fresh)
  site.bench.now += 19 * SECOND
  t.deepEqual((await site.send('/read', old)).cookies, [])
  site.bench.now += 899 * SECOND
  t.is((await site.send('/read', fresh)).body, '0')
})

onStore('a mistake in an engine is no outage: a renewal or a touch does not hide it', async (t, open) => {
  for (const [call, more] of [
    ['rotate', {}],
    ['touch', { saveEveryRequest: true, renewAfter: undefined }],
  ] as const) {
    const site = await open(handlers, { ...options, ...more })
    const cookie = `sessionid=${idAfter(await site.send('/begin'))}`
    site.bench.now += 600 * SECOND
    Object.assign(site.sessions.engine, { [call]: () => Promise.reject(new TypeError('a mistake')) })
    t.is((await site.send('/read', { cookie })).status, 500)
    t.is(site.errors[0]?.message, 'a mistake')
  }
})
