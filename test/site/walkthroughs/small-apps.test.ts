import test from 'ava'
import { openSite } from './site.js'

/** `403 100`: what the bank with csrf() and the one without it answered, and what they have left. */
const outcome = (text = ''): string | undefined =>
  /answered (\d+) ?balance: (\d+) of/.exec(text)?.slice(1).join(' ')

test('the bank with csrf() pays only its own visitors’ forms, the bank without it pays anybody', async (t) => {
  const person = (await openSite(t)).person()
  const first = await person.open('/csrf')
  t.false(first.has('#guarded'), 'nothing runs before it is asked for')
  for (const [from, token, guarded] of [
    ['this-site', 'right', '200 90'],
    ['this-site', 'none', '200 90'],
    ['this-site', 'other', '200 90'],
    ['other-site', 'right', '403 100'],
    ['other-site', 'none', '403 100'],
    ['silent', 'right', '200 90'],
    ['silent', 'none', '403 100'],
    ['silent', 'other', '403 100'],
  ] as const) {
    const page = await person.open(`/csrf?from=${from}&token=${token}`)
    t.is(outcome(page.text('#guarded')), guarded, `${from}, ${token}`)
    t.is(outcome(page.text('#open')), '200 90', `${from}, ${token}`)
  }
  for (const [from, token, why] of [
    ['this-site', 'none', /came from the bank, so no token was needed/],
    ['this-site', 'other', /came from the bank, so the token was not looked at/],
    ['silent', 'right', /The token is this visitor’s own/],
  ] as const)
    t.regex((await person.open(`/csrf?from=${from}&token=${token}`)).text('#guarded') ?? '', why)
  const refused = await person.open('/csrf?from=other-site&token=none')
  t.regex(
    refused.text('#guarded') ?? '',
    /This form was sent from https:\/\/evil\.example, so nothing was done with it/,
  )
  t.regex(refused.text('.verbatim') ?? '', /^POST \/pay HTTP\/1\.1 Origin: https:\/\/evil\.example/)
  t.notRegex(refused.html, /sessionid=[a-z0-9]{20}/)
  for (const odd of [
    'from=x&token=none',
    'from=silent',
    'token=right',
    'from=<script>&token=right',
    'from=silent&from=silent&token=none',
  ])
    t.false((await person.open(`/csrf?${odd}`)).has('#guarded'), odd)
  t.deepEqual([...person.cookies.keys()], ['csrftoken'], 'the small apps’ cookies are not the visitor’s')
})

test('each order of middlewares runs, and what goes wrong is what the app really said', async (t) => {
  // In production too: its stricter rules for keys are not the small apps’.
  const person = (await openSite(t, { NODE_ENV: 'production' })).person()
  const run = async (order: string): Promise<string[]> =>
    (await person.open(`/middleware-order?order=${order}`)).all('#run tbody tr')
  t.deepEqual(await run('right'), [
    'GET / 200 visits: 1, late: false',
    'GET / again 200 visits: 2, late: false',
    'POST / with the page’s token 200 visits: 3, late: false',
  ])
  const [handlerFirst = ''] = await run('handler-first')
  t.regex(handlerFirst, /^GET \/ 500 there is no ctx\.session here: .* stands below this handler$/)
  const [tokenFirst = ''] = await run('token-first')
  t.regex(tokenFirst, /^GET \/ 500 csrf\(\) binds its tokens to the session: use it after/)
  const [visit = '', , form = ''] = await run('parser-last')
  t.regex(visit, /^GET \/ 200 visits: 1/)
  t.regex(
    form,
    /^POST \/ with the page’s token 403 Nothing was done with this form: it was sent without its token/,
  )
  const late = await run('too-late')
  t.regex(late[1] ?? '', /^GET \/ again 200 visits: 2, late: false/)
  for (const line of late)
    t.regex(
      line,
      /late: false\. Then: The session was changed, but the response has begun, so nothing was saved/,
    )
  for (const odd of ['', '__proto__', 'right,right', '<script>']) t.deepEqual(await run(odd), [], odd)
})
