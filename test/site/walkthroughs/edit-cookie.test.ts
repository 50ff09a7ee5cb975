import test from 'ava'
import { openSite, type Person } from './site.js'

/** Edits the cookie on the page as its visitor would. */
async function edit(person: Person, page: string, action: string, cookie: string, value: string) {
  return person.submit(await person.open(page), action, { cookie, value })
}

const COUNT = '/cookies/page-count'
const editCount = (person: Person, value: string) => edit(person, COUNT, `${COUNT}/edit`, 'count', value)

test('a cookie is edited on its page, and the server makes of it what it makes of any', async (t) => {
  const person = (await openSite(t)).person()
  for (const [value, count] of [
    ['41', '42'],
    ['-1', '1'],
    ['abc', '1'],
    ['', '1'],
    ['2, 3; 4 "ü🏺"', '1'],
  ] as const) {
    const page = await editCount(person, value)
    t.is(page.text('#count'), count, value)
    t.is(page.value('#edit-count'), count, 'the field shows what the browser holds now')
  }
})

test('a name, a profile and a cart are edited in place, and checked when they are read', async (t) => {
  const person = (await openSite(t)).person()
  const name = '/cookies/date-time'
  await person.submit(await person.open(name), name, { name: 'Ada' })
  const greeted = await edit(person, `${name}/result`, `${name}/edit`, 'date-time-name', '<b>Grace</b>')
  t.is(greeted.text('h1'), 'Hello <b>Grace</b>')
  const asked = await edit(person, `${name}/result`, `${name}/edit`, 'date-time-name', 'x'.repeat(41))
  t.is(asked.path, `${name}?name=missing`)

  const profile = '/cookies/profile'
  for (const [field, value] of [
    ['name', 'Ada'],
    ['age', '36'],
    ['friend', 'Grace'],
  ] as const)
    person.cookies.set(`profile_${field}`, value)
  const results = `${profile}/results`
  t.is((await edit(person, results, `${profile}/edit`, 'profile_age', '99')).text('#age'), '99')
  t.not(
    (await edit(person, results, `${profile}/edit`, 'profile_age', '200')).path,
    results,
    'it is asked for',
  )

  const cart = '/cookies/cart'
  await person.submit(await person.open(`${cart}/add`), `${cart}/add`, {
    name: 'tea',
    quantity: '1',
    life: 'browser',
  })
  const held = (await person.open(`${cart}/items`)).value('#edit-cart') ?? ''
  t.is(held, '{"life":"browser","items":[["tea",1]]}')
  const more = await edit(person, `${cart}/items`, `${cart}/edit`, 'cart', held.replace('1]', '99]'))
  t.regex(more.text('.items tbody') ?? '', /^tea 99/)
  const broken = await edit(person, `${cart}/items`, `${cart}/edit`, 'cart', held.slice(1))
  t.regex(broken.html, /There is nothing in it/)
})

test('only the page’s own cookie can be edited, its attributes cannot, and no value is too long for a browser', async (t) => {
  const site = await openSite(t)
  const person = site.person()
  await person.open('/sessions/page-count')
  const { cookies } = person
  const id = cookies.get('sessionid')
  const form = await person.open(COUNT)
  for (const cookie of ['sessionid', 'sessionid-lab', 'csrftoken', 'cart', 'other', '__proto__', '']) {
    const answer = await person.submit(form, `${COUNT}/edit`, { cookie, value: 'a' })
    t.is(answer.status, 400, cookie)
  }
  t.is(cookies.get('sessionid'), id)
  t.false(cookies.has('cart'))

  const body = new URLSearchParams({
    ...form.hiddenIn(`${COUNT}/edit`),
    value: '1; Domain=example.com\r\nSet-Cookie: sessionid=a',
    back: 'https://elsewhere.example/',
  })
  const response = await person.browser.fetch(`${COUNT}/edit`, { method: 'POST', body })
  const line = response.headers.getSetCookie().find((one) => one.startsWith('count='))
  t.regex(
    line ?? '',
    /^count=1%3B%20Domain%3Dexample\.com%0D%0ASet-Cookie%3A%20sessionid%3Da; Max-Age=1209600; Path=\/; /,
  )
  t.is(response.headers.get('Location'), COUNT)

  const before = cookies.get('count')
  const told = await person.submit(form, `${COUNT}/edit`, { cookie: 'count', value: '🏺'.repeat(200) })
  t.is(told.status, 422)
  t.regex(told.text('.problem') ?? '', /at most 2000 characters/)
  t.is(told.value('#edit-count'), '🏺'.repeat(200))
  t.is(cookies.get('count'), before)
})

test('another site’s form edits nothing', async (t) => {
  const person = (await openSite(t)).person()
  await person.open(COUNT)
  const before = person.cookies.get('count')
  for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'http://127.0.0.1:1' }, {}] as Record<
    string,
    string
  >[]) {
    const body = new URLSearchParams({ cookie: 'count', value: '7' })
    const { status } = await person.browser.fetch(`${COUNT}/edit`, { method: 'POST', headers, body })
    t.is(status, 403)
  }
  t.is(person.cookies.get('count'), before)
})
