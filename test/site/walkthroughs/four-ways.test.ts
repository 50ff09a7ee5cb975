import test from 'ava'
import { onEngines, openSite, type Page } from './site.js'

const HERE = '/four-ways'

/** The four counts, as the page shows them. */
const counts = (page: Page): (string | undefined)[] =>
  ['cookie', 'session', 'address', 'hidden'].map((way) => page.text(`#${way}-count`))

/** The address of the link that counts. */
const nextOf = (page: Page): string => page.link('Count in the address')

onEngines('each of the four counts, and the address goes along with the others', async (t, site) => {
  const person = site.person()
  let page = await person.open(HERE)
  t.deepEqual(counts(page), ['0', '0', '0', '0'])
  page = await person.open(nextOf(page))
  page = await person.open(nextOf(page))
  t.deepEqual(counts(page), ['0', '0', '2', '0'])
  page = await person.submit(page, `${HERE}/cookie`)
  page = await person.submit(page, `${HERE}/session`)
  page = await person.submit(page, `${HERE}/session`)
  t.deepEqual(counts(page), ['1', '2', '2', '0'])
  page = await person.submit(page, HERE)
  page = await person.submit(page, HERE)
  page = await person.submit(page, HERE)
  t.deepEqual(counts(page), ['1', '2', '2', '3'])
  t.is(person.cookies.get('four-ways'), '1')
})

onEngines('what each forgets, and what it does not', async (t, site) => {
  const person = site.person()
  let page = await person.open(nextOf(await person.open(HERE)))
  const bookmark = nextOf(page)
  for (const way of ['/cookie', '/session', '']) page = await person.submit(page, HERE + way)
  t.deepEqual(counts(page), ['1', '1', '1', '1'])
  t.deepEqual(counts(await person.open(HERE)), ['1', '1', '0', '0'], 'address and page were left')
  t.deepEqual(counts(await person.open(bookmark)), ['1', '1', '2', '0'], 'an address stays good')
  t.deepEqual(counts(await site.person().open(bookmark)), ['0', '0', '2', '0'], 'for anybody')

  page = await person.submit(page, `${HERE}/start-again`)
  t.deepEqual(counts(page), ['0', '0', '0', '0'])
  t.false(person.cookies.has('four-ways'))
})

onEngines('opening the page changes nothing', async (t, site) => {
  const person = site.person()
  const page = await person.open(HERE)
  await person.open(nextOf(page))
  t.deepEqual([...person.cookies.keys()], ['csrftoken'])
})

onEngines('a tampered address is told, and counts from 0', async (t, site) => {
  const person = site.person()
  const page = await person.open(nextOf(await person.open(HERE)))
  const [, mac = ''] = nextOf(page).split('.')
  const offered = `${HERE}?count=${page.value('form[action="/four-ways"] input[name=count]')}`
  t.regex(offered, /\?count=1000000\.[\w-]{43}$/)
  for (const address of [
    offered,
    `${HERE}?count=3.${mac}`,
    `${HERE}?count=02.${mac}`,
    `${HERE}?count=2.${mac}x`,
    `${HERE}?count=2.${mac.slice(0, -1)}`,
    `${HERE}?count=2`,
    `${HERE}?count=`,
    `${HERE}?count=-1.${mac}`,
    `${HERE}?count=__proto__`,
    `${HERE}?count=%F0%9F%98%80%00%ff`,
    `${HERE}?count=${'9'.repeat(5000)}.${mac}`,
    `${HERE}?count=<script>alert(1)</script>`,
    `${HERE}?count=2.${mac}&count=2.${mac}`,
  ]) {
    const tampered = await person.open(address)
    t.is(tampered.status, 200, address)
    t.regex(tampered.text('.result') ?? '', /in the address was changed/, address)
    t.deepEqual(counts(tampered), ['0', '0', '0', '0'], address)
    t.notRegex(tampered.html, /<script>/)
    const after = await person.submit(tampered, `${HERE}/cookie`)
    t.is(after.path, HERE, 'it is not carried along')
    await person.submit(after, `${HERE}/start-again`)
  }
})

test('another server’s addresses, and those of a key that is no longer the first', async (t) => {
  const [old, key] = [
    'an old secret that is long enough to be one',
    'a new secret that is long enough to be one',
  ]
  const before = await openSite(t, { SECRET_KEY: old })
  const address = nextOf(await before.person().open(HERE))
  const rotated = await openSite(t, { SECRET_KEY: key, SECRET_KEY_FALLBACKS: old })
  t.is(counts(await rotated.person().open(address))[2], '1')
  const other = await openSite(t, { SECRET_KEY: key })
  t.regex((await other.person().open(address)).text('.result') ?? '', /in the address was changed/)
})

onEngines('the cookie can be forged with a count, and with nothing else', async (t, site) => {
  const person = site.person()
  await person.open(HERE)
  for (const [forged, shown] of [
    ['1000', '1000'],
    ['1000000000', '1000000000'],
    ['1000000001', '0'],
    ['-1', '0'],
    ['1e9', '0'],
    ['', '0'],
    ['%', '0'],
    ['%7B%22__proto__%22%3A1%7D', '0'],
    ['<script>alert(1)</script>', '0'],
    ['9'.repeat(5000), '0'],
  ] as const) {
    person.cookies.set('four-ways', forged)
    const page = await person.open(HERE)
    t.is(page.status, 200)
    t.is(page.text('#cookie-count'), shown, forged)
    t.notRegex(page.html, /<script>/)
  }
})

onEngines('the hidden field can be forged with a count; what is none is told', async (t, site) => {
  const person = site.person()
  const page = await person.open(HERE)
  t.is((await person.submit(page, HERE, { hidden: '1000' })).text('#hidden-count'), '1001')
  for (const hidden of ['', '-1', '1e9', '1000000001', '🏺', '__proto__', '<script>', '9'.repeat(5000)]) {
    const told = await person.submit(page, HERE, { hidden })
    t.is(told.status, 422)
    t.regex(told.text('.result') ?? '', /^The count in the hidden field is .* so the count starts at 0\.$/)
    t.is(told.text('#hidden-count'), '0')
    t.notRegex(told.html, /<script>/)
  }
  for (const fields of [{}, { 'hidden[a]': '1' }, { 'hidden[]': '1' }]) {
    const { csrfmiddlewaretoken = '' } = page.hiddenIn(HERE)
    const body = new URLSearchParams({ csrfmiddlewaretoken, ...fields })
    t.is((await person.browser.fetch(HERE, { method: 'POST', body })).status, 422)
  }
})

test('where the store holds nothing, the page does not say that it does', async (t) => {
  const rowOf = async (engine: string) => {
    const page = await (await openSite(t, { SESSION_ENGINE: engine })).person().open(HERE)
    return page.all('tbody tr').find((row) => row.startsWith('The server’s store'))
  }
  t.regex((await rowOf('cache')) ?? '', /the count/)
  t.notRegex((await rowOf('signed_cookies')) ?? '', /the count/)
})
