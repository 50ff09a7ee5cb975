import { type Handler, idAfter, onStore, onStoreAndCookie } from '../../support/site.js'

const handlers: Readonly<Record<string, Handler>> = {
  '/read': async (ctx) => {
    ctx.body = String((await ctx.session).get('a', 'nothing'))
  },
  '/write': async (ctx) => (await ctx.session).set<string>('a', 2),
}

onStoreAndCookie('S03 a well-formed id that was never issued is not adopted by a write', async (t, open) => {
  const site = await open(handlers)
  const never = site.bench.unknownId
  const answer = await site.send('/write', { cookie: `sessionid=${never}` })
  t.is(answer.status, 200)
  t.not(idAfter(answer), '')
  t.not(idAfter(answer), never)
  t.is((await site.stored(never)).kind, 'missing')
})

onStoreAndCookie('S10 an id in the query, the path or another cookie leads nowhere', async (t, open) => {
  const site = await open({
    ...handlers,
    '/read/1': handlers['/read'] ?? (() => {}),
  })
  const id = await site.store({ a: 1 })
  t.is((await site.send('/read', { cookie: `sessionid=${id}` })).body, '1')
  site.calls.length = 0
  for (const [path, cookie] of [
    [`/read?sessionid=${id}`, ''],
    [`/read;sessionid=${id}`, ''],
    ['/read', `SESSIONID=${id}`],
    ['/read', `xsessionid=${id}`],
    ['/read', `csrftoken=${id}`],
    ['/read', `other="sessionid=${id}"`],
  ] as const) {
    const answer = await site.send(path, cookie === '' ? {} : { cookie })
    t.not(answer.body, '1', `${path} ${cookie}`)
    t.deepEqual(answer.cookies, [])
  }
  t.deepEqual(site.calls, [])
})

onStoreAndCookie(
  'S14 neither the secret key nor the digest of anything is a session token',
  async (t, open) => {
    const secretKey = 'k3y-of-this-test-and-of-nothing-else-0123456789'
    const site = await open(handlers, { secretKey })
    for (const value of [secretKey, secretKey.slice(0, 32), Buffer.from(secretKey).toString('base64url')]) {
      const { body, status } = await site.send('/read', { cookie: `sessionid=${value}` })
      t.deepEqual([status, body], [200, 'nothing'])
    }
  },
)

onStore('S19 expired and unknown ids are answered alike, in status, headers and body', async (t, open) => {
  for (const path of ['/read', '/write']) {
    const site = await open(handlers)
    const expired = await site.store({ a: 1 })
    site.bench.now += 1_209_600_000
    const answers = []
    for (const id of [expired, site.bench.unknownId]) {
      const { status, headers, body, cookies } = await site.send(path, { cookie: `sessionid=${id}` })
      const { date: _date, ...same } = headers
      const given = cookies.map(({ name, value, attributes }) => ({
        name,
        hasValue: value !== '',
        attributes,
      }))
      answers.push({ status, body, given, headers: { ...same, 'set-cookie': undefined } })
    }
    t.deepEqual(answers[0], answers[1])
    t.is(answers[0]?.status, 200)
  }
})
