import test from 'ava'
import { openSite, type Page, type Person } from './site.js'

const HERE = '/cookies/cart-as-taught'

async function add(person: Person, name: string, quantity: string): Promise<Page> {
  return person.submit(await person.open(`${HERE}/add`), `${HERE}/add`, { name, quantity })
}

/** The table: `cart.tea 2 2 of tea`. */
const rows = (page: Page): string[] => page.all('.all-cookies tbody tr')

test('each item is a cookie for three minutes, and the page lists all cookies of the request', async (t) => {
  const person = (await openSite(t, { SESSION_ENGINE: 'cache' })).person()
  await person.open('/sessions/page-count')
  await add(person, 'tea', '2')
  const page = await add(person, 'Earl Grey', '3')
  t.is(page.path, `${HERE}/items`)
  t.is(person.cookies.get('cart.tea'), '2')
  t.is(person.cookies.get('cart.Earl%20Grey'), '3')
  t.true(rows(page).includes('cart.tea 2 2 of tea'))
  t.true(rows(page).includes('cart.Earl%20Grey 3 3 of Earl Grey'))
  t.regex(rows(page).join('\n'), /^sessionid #[0-9a-f]{8}… not of this cart$/m)
  t.is(
    rows(page).length,
    person.cookies.size + 1,
    'the inspector’s own is one of them; it is removed with this page',
  )
  t.regex(page.text('.inspector') ?? '', /cart\.Earl%20Grey=3.*Max-Age=180/)

  // The same item again: its cookie is replaced.
  await add(person, 'tea', '7')
  t.is(person.cookies.get('cart.tea'), '7')
  const empty = await person.submit(await person.open(`${HERE}/items`), `${HERE}/empty`)
  t.is(empty.text('[role=status]'), 'There is no item in the cart.')
  t.deepEqual(
    [...person.cookies.keys()].filter((name) => name.startsWith('cart')),
    [],
  )
  t.true(person.cookies.has('sessionid'))
})

test('no item is the cookie of something else, whatever it is called', async (t) => {
  const person = (await openSite(t, { SESSION_ENGINE: 'cache' })).person()
  await person.open('/sessions/page-count')
  const session = person.cookies.get('sessionid')
  const names = ['sessionid', '__proto__', 'a; Path=/x', '=', '(b)', '<script>', '%', '😀é']
  for (const name of names) t.is((await add(person, name, '1')).status, 200, name)
  t.is(person.cookies.get('sessionid'), session)
  const page = await person.open(`${HERE}/items`)
  for (const name of names) t.true(page.all('.all-cookies bdi').includes(name), name)
  t.notRegex(page.html, /<script>/)
  const ninth = await add(person, 'ninth', '1')
  t.is(ninth.status, 422)
  t.is(ninth.text('.problem'), 'The cart has 8 kinds of items, and each is a cookie. Empty it first.')
  t.is((await add(person, 'sessionid', '2')).status, 200, 'one that is there has room')
  for (const [name, quantity] of [
    ['', '1'],
    ['x'.repeat(41), '1'],
    ['tea', '100'],
    ['tea', '1e1'],
  ] as const)
    t.is((await add(person, name, quantity)).status, 422)
})

test('a forged cookie is listed and is no item; so many of them are neither all listed nor all removed at once', async (t) => {
  const person = (await openSite(t)).person()
  await person.open(HERE)
  for (const [name, value] of [
    ['cart.', '1'],
    ['cart.tea', '100'],
    ['cart.cup', 'many'],
    ['cart.%', '1'],
    ['cart.t%65a', '1'],
    ['cart.b', '01'],
    ['cart.<b>', '<script>'],
    ['cart.good', '1'],
  ])
    person.cookies.set(name ?? '', value ?? '')
  const page = await person.open(`${HERE}/items`)
  t.deepEqual(page.all('.all-cookies bdi'), ['good'])
  t.is(page.status, 200)
  t.notRegex(page.html, /<script>|<b>"/)
  const left = await person.submit(page, `${HERE}/empty`)
  t.deepEqual(left.all('.all-cookies bdi'), [])

  for (let at = 0; at < 1000; at++) person.cookies.set(`cart.i${at}`, '1')
  const many = await person.open(`${HERE}/items`)
  t.is(rows(many).length, 100)
  t.is((await person.open(HERE)).all('#held li').length, 8)
  t.is((await person.submit(many, `${HERE}/empty`)).status, 200)
})
