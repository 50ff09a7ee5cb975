import test from 'ava'
import { openCsrfSite, type SiteParts } from './site.js'

const TRUSTED = 'https://shop.example:8443'

/** Posts with the headers that a browser would add, with a good token and without: the answers have to be alike. */
async function posting(t: Parameters<typeof openCsrfSite>[0], parts: SiteParts = {}, proxy = false) {
  const site = await openCsrfSite(t, 'cache', {
    ...parts,
    csrf: { trustedOrigins: [TRUSTED], ...parts.csrf },
  })
  site.app.proxy = proxy
  const status = async (headers: Record<string, string>, method = 'POST'): Promise<number> => {
    const person = site.person()
    await person.fetch('/write')
    const token = await person.token()
    const answers = [{}, { 'X-CSRFToken': token }].map((more) =>
      person.fetch('/', { method, headers: { ...headers, ...more } }),
    )
    const [without, withToken] = (await Promise.all(answers)).map((answer) => answer.status)
    t.is(without, withToken, `${JSON.stringify(headers)}: the token decides nothing where a browser speaks`)
    return without ?? 0
  }
  return { site, status }
}

test('S60 another site is refused, and a sibling domain is another; one’s own pages and the address bar pass', async (t) => {
  const { status, site } = await posting(t)
  const own = { Origin: site.url }
  for (const from of ['same-origin', 'none']) t.is(await status({ 'Sec-Fetch-Site': from }), 200, from)
  for (const from of ['cross-site', 'same-site']) {
    t.is(await status({ 'Sec-Fetch-Site': from }), 403, from)
    t.is(await status({ 'Sec-Fetch-Site': from, ...own }), 403, `${from}, whatever Origin is`)
    t.is(await status({ 'Sec-Fetch-Site': from, Origin: 'https://evil.example' }), 403, from)
  }
})

test('S60 S62 trusted is an origin that is listed, to the letter', async (t) => {
  const { status } = await posting(t)
  for (const from of [{}, { 'Sec-Fetch-Site': 'same-site' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
    t.is(await status({ ...from, Origin: TRUSTED }), 200)
    for (const like of [
      'http://shop.example:8443',
      'https://shop.example',
      'https://shop.example:84430',
      'https://shop.example:8443/',
      'https://shop.example:8443.evil.example',
      'https://a.shop.example:8443',
      'https://eshop.example:8443',
      'https://SHOP.example:8443',
      `${TRUSTED}, ${TRUSTED}`,
      'constructor',
    ])
      t.is(await status({ ...from, Origin: like }), 403, like)
  }
})

test('S61 a Sec-Fetch-Site that nobody knows is refused, whatever else is said', async (t) => {
  const { status } = await posting(t)
  for (const from of [
    'nonsense',
    'Same-Origin',
    'same-origin, same-origin',
    'none, cross-site',
    '__proto__',
  ]) {
    t.is(await status({ 'Sec-Fetch-Site': from }), 403, from)
    t.is(await status({ 'Sec-Fetch-Site': from, Origin: TRUSTED }), 403, from)
  }
})

test('S62 without Sec-Fetch-Site, Origin has to be the site’s own: scheme, host and port', async (t) => {
  const { status, site } = await posting(t)
  t.is(await status({ Origin: site.url }), 200)
  const { port } = new URL(site.url)
  for (const origin of [
    'https://evil.example',
    site.url.replace('http:', 'https:'),
    'http://127.0.0.1',
    `${site.url}0`,
    `${site.url}/`,
    `http://127.0.0.1.evil.example:${port}`,
    `http://evil@127.0.0.1:${port}`,
    `http://localhost:${port}`,
    'file://',
    'nonsense',
  ])
    t.is(await status({ Origin: origin }), 403, origin)
})

test('S62 behind a proxy its word counts if app.proxy says so, and not otherwise', async (t) => {
  const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'www.example' }
  const behind = await posting(t, {}, true)
  t.is(await behind.status({ ...forwarded, Origin: 'https://www.example' }), 200)
  t.is(
    await behind.status({
      ...forwarded,
      'X-Forwarded-Host': 'www.example:443',
      Origin: 'https://www.example',
    }),
    200,
  )
  t.is(await behind.status({ ...forwarded, Origin: 'http://www.example' }), 403)
  t.is(await behind.status({ ...forwarded, Origin: behind.site.url }), 403)

  const alone = await posting(t)
  t.is(await alone.status({ ...forwarded, Origin: 'https://www.example' }), 403)
  t.is(await alone.status({ ...forwarded, Origin: alone.site.url }), 200)
})

test('S63 Origin: null is nobody’s, not even where the own origin cannot be told', async (t) => {
  for (const proxy of [false, true]) {
    const { status } = await posting(t, {}, proxy)
    for (const protocol of ['http', 'data', 'foo', '', '://'])
      for (const host of ['a.example', 'a b', '[', ''])
        t.is(
          await status({ Origin: 'null', 'X-Forwarded-Proto': protocol, 'X-Forwarded-Host': host }),
          403,
          protocol,
        )
    t.is(await status({ Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }), 403)
    t.is(await status({ Origin: 'null', 'Sec-Fetch-Site': 'same-origin' }), 200)
  }
})

test('S63 every method that may change something is asked, and no other', async (t) => {
  const { site } = await posting(t)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])
    t.is((await fetch(site.url, { method, headers: { Origin: 'null' } })).status, 403, method)
  for (const method of ['GET', 'HEAD', 'OPTIONS'])
    t.is((await fetch(site.url, { method, headers: { Origin: 'null' } })).status, 200, method)
})

test('S65 answers to what is asked vary with what was asked, and no others; caches hear nothing else', async (t) => {
  const { site } = await posting(t, { csrf: { exempt: ['/hook'] } })
  const answer = (path: string, init: RequestInit) => fetch(site.url + path, init)
  for (const [status, headers] of [
    [200, { 'Sec-Fetch-Site': 'same-origin' }],
    [403, { 'Sec-Fetch-Site': 'cross-site' }],
  ] as const) {
    const response = await answer('/', { method: 'POST', headers })
    t.is(response.status, status)
    t.is(response.headers.get('Vary'), 'Sec-Fetch-Site, Origin')
    t.is(response.headers.get('Cache-Control'), null)
  }
  t.is((await answer('/', {})).headers.get('Vary'), null)
  t.is((await answer('/hook', { method: 'POST' })).headers.get('Vary'), null)
})

test('the refusal says what is wrong and how to mend it, and nothing that it was told', async (t) => {
  const { site } = await posting(t)
  const person = site.person()
  const token = await person.token()
  const refusal = async (headers: Record<string, string>, cookie = true): Promise<string> => {
    const from = cookie ? person : site.person()
    const answer = await from.fetch('/', { method: 'POST', headers })
    t.is(answer.status, 403)
    t.is(answer.headers.get('Content-Type'), 'text/plain; charset=utf-8')
    return answer.text()
  }
  t.regex(
    await refusal({}, false),
    /needs the cookie csrftoken.*Allow cookies.*\n\nFor the developer of this site: /,
  )
  t.regex(await refusal({}), /without its token.*\n\n.*name="csrfmiddlewaretoken".*X-CSRFToken.*body parser/)
  t.regex(await refusal({ 'X-CSRFToken': 'old' }), /token is an old one\. Open the page again/)
  t.regex(
    await refusal({ Origin: 'null' }),
    /does not say where it is.*accepted from http:\/\/127.*no-referrer/s,
  )
  const foreign = await refusal({ Origin: 'https://evil.example' })
  t.regex(foreign, /sent from https:\/\/evil\.example, and is accepted from http:\/\/127.*app\.proxy = true/s)
  t.regex(foreign, /csrf\(\{ trustedOrigins: \['https:\/\/evil\.example'\] \}\)/)
  t.regex(
    await refusal({ 'Sec-Fetch-Site': 'cross-site' }),
    /sent from another site, so nothing was done with it\./,
  )
  t.regex(await refusal({ 'Sec-Fetch-Site': 'odd' }), /does not say clearly/)

  const long = `https://${'a'.repeat(5000)}.example`
  for (const secret of [token, '<script>', long]) {
    const said = await refusal({ Origin: secret, 'X-CSRFToken': token })
    t.false(said.includes(token) || said.includes('<script>') || said.includes(long))
  }
  const logged = await person.fetch('/write')
  t.is(logged.status, 200)
  t.regex(await refusal({ 'X-CSRFToken': 'x' }), /an old one/)
  person.cookies.set('csrftoken', token)
  t.regex(await refusal({ 'X-CSRFToken': token }), /after its page was opened you logged in or out/)
})
